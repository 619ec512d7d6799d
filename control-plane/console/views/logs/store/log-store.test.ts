import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Entry, Line } from './entry.ts';
import { heightOf, rowAt, topOf, windowOf } from './geometry.ts';
import { LogStore, type StoreBounds } from './log-store.ts';

const BOUNDS: StoreBounds = { entries: 40, characters: 400, chunkEntries: 8 };
const height = (entry: Entry): number => (entry.kind === 'gap' ? 12 : 20 + (entry.sequence % 3));
const storeOf = (bounds = BOUNDS): LogStore => new LogStore(height, bounds);

const line = (sequence: number, text = `line ${sequence}`): Line => ({
  ...{ kind: 'line', sequence, at: sequence * 1000, level: sequence % 2 === 0 ? null : 'warn', alias: 'web' },
  ...{ instance: `inst-${sequence % 3}`, release: sequence % 5 === 0 ? null : 2, stream: 'stdout', text },
});
const gap = (after: number, sequence: number): Entry => ({
  ...{ kind: 'gap', sequence, after, at: null, alias: null, instance: null, lines: sequence - after, cause: 'transit' },
});
const lines = (from: number, to: number): Line[] =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index));
const all = (store: LogStore): Entry[] => Array.from({ length: store.size }, (_, index) => store.at(index));
const sequences = (store: LogStore): number[] => all(store).map(({ sequence }) => sequence);

test('what goes in comes out as it was, lines and gaps', () => {
  const store = storeOf();
  const entries = [line(1), gap(1, 4), line(5), { ...line(9), level: 'fatal' as const }];
  expect(store.append(entries)).toBe(4);
  expect(all(store)).toEqual(entries);
  expect([store.oldest, store.newest]).toEqual([entries[0], entries[3]]);
  expect([storeOf().oldest, storeOf().newest]).toEqual([null, null]);
});

test('what is there already is not taken twice, at either end', () => {
  const store = storeOf();
  store.append(lines(10, 20));
  expect(store.append(lines(15, 22))).toBe(2);
  expect(store.prepend(lines(5, 12))).toBe(5);
  expect(sequences(store)).toEqual(lines(5, 22).map(({ sequence }) => sequence));
});

describe('beyond its bounds', () => {
  test('the oldest leave while it grows at the newer end, and the newest at the other', () => {
    const store = storeOf();
    store.append(lines(101, 160));
    expect(store.isOver).toBe(true);
    expect(store.dropOldest()).toBe(24);
    expect(sequences(store)).toEqual(lines(125, 160).map(({ sequence }) => sequence));
    store.prepend(lines(85, 124));
    store.dropNewest();
    expect(store.oldest?.sequence).toBe(85);
    expect(store.isOver).toBe(false);
  });

  test('long lines count by their characters, and the last chunk always stays', () => {
    const store = storeOf();
    store.append([line(1, 'x'.repeat(10_000))]);
    expect(store.dropOldest()).toBe(0);
    store.append(lines(2, 30));
    store.dropOldest();
    expect(store.isOver).toBe(false);
    expect(store.newest?.sequence).toBe(30);
  });
});

/** What may be done to a store, with a plain array doing the same. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), skip: fc.nat(3), count: fc.nat(30), length: fc.nat(40) }),
  fc.record({ kind: fc.constant('prepend' as const), skip: fc.nat(3), count: fc.nat(30), length: fc.nat(40) }),
  fc.record({ kind: fc.constantFrom('dropOldest' as const, 'dropNewest' as const) }),
  fc.record({ kind: fc.constant('measure' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), to: fc.nat(300) }),
);

test('whatever is done to it, it holds a run of what was put in, within its bounds, and knows where every row is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const store = storeOf();
      let model: Entry[] = [];
      const heights = new Map<number, number>();
      for (const done of steps) {
        if (done.kind === 'append') {
          const from = (model.at(-1)?.sequence ?? 1000) + 1 + done.skip;
          const added = lines(from, from + done.count - 1).map((each) => ({ ...each, text: 'x'.repeat(done.length) }));
          store.append(added);
          model.push(...added);
        } else if (done.kind === 'prepend') {
          const to = (model[0]?.sequence ?? 1000) - 1 - done.skip;
          const added = lines(to - done.count + 1, to).map((each) => ({ ...each, text: 'x'.repeat(done.length) }));
          store.prepend(added);
          model = [...added, ...model];
        } else if (done.kind === 'measure') {
          if (model.length === 0) continue;
          const index = Math.min(model.length - 1, Math.floor(done.at * model.length));
          const { chunk, offset } = store.locate(index);
          chunk.setHeight(offset, done.to);
          heights.set(model[index]!.sequence, done.to);
        } else {
          const dropped = store[done.kind]();
          const gone = done.kind === 'dropOldest' ? model.splice(0, dropped) : model.splice(model.length - dropped);
          for (const { sequence } of gone) heights.delete(sequence);
          expect(store.isOver && store.chunks.length > 1).toBe(false);
        }
      }
      expect(all(store)).toEqual(model);
      const tops = [0];
      for (const entry of model) tops.push(tops.at(-1)! + (heights.get(entry.sequence) ?? height(entry)));
      expect(heightOf(store)).toBe(tops.at(-1));
      model.forEach((entry, index) => {
        expect(store.indexOf(entry.sequence)).toBe(index);
        expect(topOf(store, index)).toBe(tops[index]);
        if (tops[index + 1]! > tops[index]!) expect(rowAt(store, tops[index]!)).toBe(index);
      });
      expect(store.indexOf(Infinity)).toBe(model.length);
    }),
    { numRuns: 500 },
  );
});

describe('the rows that are seen', () => {
  const store = storeOf({ ...BOUNDS, entries: 1000 });
  store.append(lines(0, 99));

  test('are those in view and some more, and begin where they are', () => {
    const { from, to, top } = windowOf(store, { top: topOf(store, 50), height: 100 }, 3);
    expect([from, to]).toEqual([47, 58]);
    expect(top).toBe(topOf(store, 47));
  });

  test('end with the first and the last', () => {
    expect(windowOf(store, { top: -50, height: 40 }, 3)).toEqual({ from: 0, to: 4, top: 0 });
    expect(windowOf(store, { top: 1e9, height: 40 }, 3)).toMatchObject({ from: 96, to: 100 });
    expect(windowOf(storeOf(), { top: 0, height: 40 }, 3)).toEqual({ from: 0, to: 0, top: 0 });
  });
});

test('rows of other heights are all estimated anew', () => {
  const store = storeOf();
  store.append(lines(1, 10));
  store.measureAnew(() => 7);
  expect(heightOf(store)).toBe(70);
});
