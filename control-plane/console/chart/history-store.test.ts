import { describe, expect, test } from '@jest/globals';
import { HistoryStore, type HistoryAnswer } from './history-store.ts';

const NOW = 1_800_000_000;

function answer(from: number, stepSeconds: number, mean: (number | null)[], maximum = mean): HistoryAnswer {
  return { from, stepSeconds, points: mean.length, series: [{ name: 'load', mean, maximum }] };
}

const live = (at: number, load: number | null) => ({ at, values: { load } });

/** With the seconds NOW−20 to NOW−5 known as 1. */
function begun(): HistoryStore {
  const store = new HistoryStore();
  const values = Array.from({ length: 20 }, (_, index) => (index < 16 ? 1 : null));
  store.merge(1, { from: NOW - 20, to: NOW }, answer(NOW - 20, 1, values), NOW);
  return store;
}

test('what was answered is shown, and a second of which nothing is known is a gap', () => {
  const store = new HistoryStore();
  const values = Array.from({ length: 20 }, (_, index) => (index === 7 ? null : index));
  store.merge(1, { from: NOW - 100, to: NOW - 80 }, answer(NOW - 100, 1, values), NOW);
  const shown = store.read(1, { from: NOW - 95, to: NOW - 90 });
  expect(shown.times).toEqual([95, 94, 93, 92, 91].map((ago) => NOW - ago));
  expect(shown.of('load').mean).toEqual([5, 6, null, 8, 9]);
  expect(shown.of('memory').mean).toEqual([null, null, null, null, null]);
  expect(store.questions(1, { from: NOW - 100, to: NOW - 80 }, NOW)).toEqual([]);
});

test('only what is missing is asked for, and nothing that has not settled', () => {
  const store = begun();
  expect(store.questions(1, { from: NOW - 30, to: NOW + 60 }, NOW)).toEqual([{ from: NOW - 30, to: NOW - 20 }]);
  expect(store.questions(10, { from: NOW - 30, to: NOW }, NOW)).toEqual([{ from: NOW - 30, to: NOW }]);
});

describe('live', () => {
  test('each second is appended once it is over, and the newest shown at once', () => {
    const store = begun();
    store.append(live(NOW + 0.2, 3));
    store.append(live(NOW + 0.9, 4));
    store.append(live(NOW + 1.1, 5));
    const shown = store.read(1, { from: NOW - 5, to: NOW + 30 });
    expect(shown.times.at(-1)).toBe(NOW + 1);
    expect(shown.of('load').mean).toEqual([1, null, null, null, null, 4, 5]);
  });

  test('the seconds between the history and the first live one are asked for once they have settled', () => {
    const store = begun();
    for (let second = 0; second < 10; second += 1) store.append(live(NOW + second, 2));
    expect(store.questions(1, { from: NOW - 20, to: NOW + 20 }, NOW + 9)).toEqual([{ from: NOW - 4, to: NOW }]);
  });

  test('no news is no change for some seconds', () => {
    const store = begun();
    store.append(live(NOW, 2));
    store.append(live(NOW + 5, 3));
    store.append(live(NOW + 6, 4));
    expect(store.read(1, { from: NOW, to: NOW + 7 }).of('load').mean).toEqual([2, 2, 2, 2, 2, 3, 4]);
  });

  test('what was missed while the connection was lost is asked for, and then there is no hole', () => {
    const store = begun();
    store.append(live(NOW, 2));
    store.interrupt();
    for (let second = 3; second < 20; second += 1) store.append(live(NOW + second, 9));
    const view = { from: NOW, to: NOW + 20 };
    expect(store.read(1, view).of('load').mean.slice(0, 5)).toEqual([2, null, null, 9, 9]);
    store.append(live(NOW + 20, 9));
    store.interrupt();
    store.append(live(NOW + 60, 7));
    const later = NOW + 70;
    store.append(live(later, 7));
    const question = { from: NOW + 21, to: NOW + 60 };
    expect(store.questions(1, { from: NOW + 20, to: NOW + 61 }, later)).toEqual([question]);
    store.merge(1, question, answer(question.from, 1, new Array<number>(39).fill(8)), later);
    expect(store.questions(1, { from: NOW + 20, to: NOW + 61 }, later)).toEqual([]);
    expect(store.read(1, { from: NOW + 20, to: NOW + 61 }).of('load').mean).not.toContain(null);
  });

  test('a silence that is too long to be no change is asked for', () => {
    const store = begun();
    store.append(live(NOW, 2));
    store.append(live(NOW + 30, 3));
    expect(store.read(1, { from: NOW, to: NOW + 3 }).of('load').mean).toEqual([2, null, null]);
    expect(store.questions(1, { from: NOW, to: NOW + 30 }, NOW + 40)).toEqual([{ from: NOW + 1, to: NOW + 30 }]);
  });

  test('coarser steps take live seconds into their mean, by how many are known', () => {
    const store = new HistoryStore();
    const begin = NOW - (NOW % 10);
    // Six seconds of this step are known when it is asked for.
    store.merge(
      10,
      { from: begin - 100, to: begin + 10 },
      answer(begin - 100, 10, new Array<number>(11).fill(1)),
      begin + 10,
    );
    for (let second = 6; second < 11; second += 1) store.append(live(begin + second, 6));
    const shown = store.read(10, { from: begin, to: begin + 10 }).of('load');
    expect(shown.mean[0]).toBeCloseTo((6 * 1 + 4 * 6) / 10);
    expect(shown.maximum[0]).toBe(6);
  });

  test('what comes late is not taken', () => {
    const store = begun();
    store.append(live(NOW + 3, 2));
    store.append(live(NOW + 1, 9));
    expect(store.newest?.at).toBe(NOW + 3);
  });

  test('a live second is not overwritten by an answer that does not know it yet', () => {
    const store = begun();
    for (let second = 0; second < 4; second += 1) store.append(live(NOW + second, 7));
    store.merge(1, { from: NOW - 4, to: NOW + 3 }, answer(NOW - 4, 1, [1, 1, 1, 1, null, null, null]), NOW + 3);
    expect(store.read(1, { from: NOW - 4, to: NOW + 3 }).of('load').mean).toEqual([1, 1, 1, null, 7, 7, 7]);
  });
});

test('an answer in wider steps than asked for stands for each of the points within', () => {
  const store = new HistoryStore();
  store.merge(1, { from: NOW - 40, to: NOW - 20 }, answer(NOW - 40, 10, [1, 2]), NOW);
  expect(store.read(1, { from: NOW - 32, to: NOW - 28 }).of('load').mean).toEqual([1, 1, 2, 2]);
});

test('while the wanted step is not known yet, another that is known is shown', () => {
  const store = begun();
  const view = { from: NOW - 20, to: NOW };
  expect(store.bestStep(10, view, NOW)).toBe(1);
  store.merge(10, { from: NOW - 20, to: NOW }, answer(NOW - 20, 10, [1, 1]), NOW);
  expect(store.bestStep(10, view, NOW)).toBe(10);
  expect(store.coverage(10, view, NOW)).toBe(1);
});

test('what was looked at longest ago is forgotten, and asked for again', () => {
  const store = new HistoryStore();
  const length = 1_000;
  const ask = (index: number): void => {
    const from = NOW - (index + 1) * length;
    store.merge(1, { from, to: from + length }, answer(from, 1, new Array<number>(length).fill(index)), NOW);
  };
  for (let index = 0; index < 3; index += 1) ask(index);
  expect(store.questions(1, { from: NOW - 3_000, to: NOW - 2_000 }, NOW)).toEqual([]);
  for (let index = 3; index < 60; index += 1) ask(index);
  expect(store.coverage(1, { from: NOW - 3_000, to: NOW - 2_000 }, NOW)).toBe(0);
});
