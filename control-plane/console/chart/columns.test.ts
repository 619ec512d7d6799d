import { expect, test } from '@jest/globals';
import { columnsOf, nearestRow, rowsWithin } from './columns.ts';
import type { Shown } from './history-store.ts';
import { markerText, placeMarkers, type Marked } from './markers.ts';

function shown(step: number, series: Record<string, (number | null)[]>): Shown {
  const none = [null, null, null];
  return {
    step,
    times: [100, 100 + step, 100 + 2 * step],
    of: (name) => ({
      mean: [...(series[name] ?? none)],
      maximum: (series[name] ?? none).map((value) => value && value + 1),
    }),
  };
}

const series = {
  requestsInFlight: [4, null, 6],
  'instances.active': [1, 2, null],
  'instances.starting': [1, null, null],
  'instances.wanted': [2, 2, 2],
};

test('capacity is what the instances carry at the target, and is not known where they are not', () => {
  const { lines, past } = columnsOf(shown(1, series), 'requestsInFlight', 7, null);
  expect(lines.demand).toEqual([4, null, 6]);
  expect(lines.ready).toEqual([7, 14, null]);
  expect(lines.coming).toEqual([14, 14, null]);
  expect(lines.target).toEqual([14, 14, 14]);
  expect(lines.peak).toEqual([null, null, null]);
  expect(past).toBe(3);
});

test('steps that are longer than a second have their peaks', () => {
  expect(columnsOf(shown(10, series), 'requestsInFlight', 7, null).lines.peak).toEqual([5, null, 7]);
});

test('what is no factor has no capacity', () => {
  const { lines } = columnsOf(shown(1, series), 'requestsInFlight', null, null);
  expect(lines.ready).toEqual([null, null, null]);
  expect(lines.target).toEqual([null, null, null]);
});

test('ahead of now there is the forecast, with the capacity that comes', () => {
  const path = [
    { seconds: 0, value: 6, low: 6, high: 6 },
    { seconds: 20, value: 9, low: 8, high: 10 },
  ];
  const ahead = { now: 102.5, path, active: 2, starting: 1, wanted: 3 };
  const { times, lines, past } = columnsOf(shown(1, series), 'requestsInFlight', 7, ahead);
  expect(times).toEqual([100, 101, 102, 102.5, 122.5]);
  expect(lines.demand.slice(past)).toEqual([null, null]);
  expect(lines.forecast).toEqual([null, null, null, 6, 9]);
  expect(lines.high.at(-1)).toBe(10);
  expect(lines.coming.at(-1)).toBe(21);
  expect(lines.target.at(-1)).toBe(21);
  for (const line of Object.values(lines)) expect(line).toHaveLength(times.length);
});

test('times go up also where a live second is ahead of the clock', () => {
  const ahead = { now: 101, path: [{ seconds: 0, value: 1, low: 1, high: 1 }], active: 1, starting: 0, wanted: 1 };
  const { times } = columnsOf(shown(1, series), 'requestsInFlight', 7, ahead);
  expect(times.at(-1)).toBeGreaterThan(102);
});

test('the nearest row is found, and those within a view', () => {
  const columns = { times: [10, 20, 30] };
  expect([9, 14, 16, 29, 99].map((at) => nearestRow(columns, at))).toEqual([0, 0, 1, 2, 2]);
  expect(nearestRow({ times: [] }, 5)).toBeNull();
  expect(rowsWithin(columns, 15, 30)).toEqual([1, 3]);
  expect(rowsWithin(columns, 31, 40)).toEqual([3, 3]);
});

function decision(at: number, acted: boolean): Marked {
  return { uid: `d${at}`, at, acted, from: 1, to: acted ? 2 : 1, sentence: `at ${at}.` };
}

test('decisions at one place are one marker, which stands for the one that was acted on', () => {
  const decisions = [decision(100, false), decision(101, true), decision(102, false), decision(160, false)];
  const markers = placeMarkers(decisions, { from: 90, to: 190 }, 100);
  expect(markers.map(({ decision: { uid }, others, x }) => [uid, others, x])).toEqual([
    ['d101', 2, 11],
    ['d160', 0, 70],
  ]);
  expect(markerText(markers[0]!)).toBe('at 101. (and 2 more decisions at this place)');
  expect(markerText(markers[1]!)).toBe('at 160.');
});

test('panning leaves decisions at one marker together, and shows none that is outside', () => {
  const decisions = Array.from({ length: 50 }, (_, index) => decision(100 + index * 7, index % 5 === 0));
  const groups = (from: number): string[] =>
    placeMarkers(decisions, { from, to: from + 300 }, 600).map(({ decision: { uid }, others }) => `${uid}+${others}`);
  const [before, after] = [groups(100), groups(103)];
  expect(after.slice(1, -2)).toEqual(before.slice(before.indexOf(after[1]!), before.indexOf(after.at(-3)!) + 1));
  const markers = placeMarkers(decisions, { from: 150, to: 250 }, 600);
  for (const [index, { x, place }] of markers.entries()) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(600);
    expect(Math.abs(x - place)).toBeLessThanOrEqual(12.001);
    // Each can be pointed at.
    if (index > 0) expect(place - markers[index - 1]!.place).toBeGreaterThanOrEqual(23.999);
  }
});
