import { describe, expect, test } from '@jest/globals';
import type { OverviewEntry } from './entry.ts';
import type { OverviewApplication } from './use-cases.ts';
import { OverviewView } from './view.ts';

const entry = (uid: string): OverviewEntry => ({ uid }) as OverviewEntry;
const names = (entries: readonly { readonly uid: string }[]) => entries.map(({ uid }) => uid);
const NONE: readonly OverviewApplication[] = [];

function view(): OverviewView {
  return new OverviewView(({ uid }) => ({
    ...{ uid, factor: 'requestsInFlight', from: 0, stepSeconds: 5 },
    ...{ observed: [1], capacity: [2] },
  }));
}

describe('who comes', () => {
  test('is told everything, in order, also that there is nothing', () => {
    const seen = view();
    seen.update({ at: 5, entries: [], applications: NONE });
    expect(seen.since(null)).toMatchObject({ at: 5, isWhole: true, changed: [], removed: [] });
    seen.update({ at: 6, entries: [entry('a'), entry('b')], applications: NONE });
    expect(names(seen.since(null).changed)).toEqual(['a', 'b']);
  });

  test('is told the last minutes once, with the whole', () => {
    const seen = view();
    const a = entry('a');
    seen.update({ at: 1, entries: [a], applications: NONE });
    const { version } = seen.changed;
    expect(names(seen.since(null).recent)).toEqual(['a']);
    seen.update({ at: 2, entries: [a, entry('b')], applications: NONE });
    expect(seen.since(version).recent).toEqual([]);
  });
});

describe('who has seen a version', () => {
  test('is told what has changed since, and nothing else', () => {
    const seen = view();
    const [a, b] = [entry('a'), entry('b')];
    seen.update({ at: 1, entries: [a, b], applications: NONE });
    const { version } = seen.changed;
    const other = entry('b');
    seen.update({ at: 2, entries: [a, other], applications: NONE });
    expect(seen.since(version)).toMatchObject({ at: 2, isWhole: false, changed: [other], removed: [] });
    expect(seen.since(version).changed[0]).toBe(other);
  });

  test('is told each thing once, in its newest state, however many changes were missed', () => {
    const seen = view();
    seen.update({ at: 1, entries: [entry('a')], applications: NONE });
    const { version } = seen.changed;
    for (let at = 2; at < 10; at += 1) seen.update({ at, entries: [entry('a'), entry('b')], applications: NONE });
    expect(names(seen.since(version).changed)).toEqual(['a', 'b']);
  });

  test('is not woken where nothing has changed', () => {
    const seen = view();
    const entries = [entry('a')];
    seen.update({ at: 1, entries, applications: NONE });
    const { version } = seen.changed;
    seen.update({ at: 2, entries: [...entries], applications: NONE });
    expect(seen.changed.version).toBe(version);
  });

  test('shares what is told with all others who have seen the same', () => {
    const seen = view();
    seen.update({ at: 1, entries: [entry('a')], applications: NONE });
    const { version } = seen.changed;
    seen.update({ at: 2, entries: [entry('a')], applications: NONE });
    expect(seen.since(version)).toBe(seen.since(version));
    expect(seen.since(null)).toBe(seen.since(null));
  });
});

test('who are many are told less often when they are told much', () => {
  const seen = view();
  const fresh = (count: number) => Array.from({ length: count }, (_, index) => entry(`cluster-${index}`));
  seen.readers = 500;
  seen.update({ at: 10_000, entries: fresh(100), applications: NONE });
  expect(seen.isDue(11_000)).toBe(true);
  seen.update({ at: 11_000, entries: fresh(1000), applications: NONE });
  expect([12_000, 15_999, 16_000].map((now) => seen.isDue(now))).toEqual([false, false, true]);
  // Set back.
  expect(seen.isDue(5000)).toBe(true);
});

describe('what is gone', () => {
  test('is told by its uid, and not any more once it is there again', () => {
    const seen = view();
    seen.update({ at: 1, entries: [entry('a'), entry('b')], applications: NONE });
    const { version } = seen.changed;
    seen.update({ at: 2, entries: [entry('a')], applications: NONE });
    expect(seen.since(version).removed).toEqual(['b']);
    expect(seen.since(null).removed).toEqual([]);
    seen.update({ at: 3, entries: [entry('a'), entry('b')], applications: NONE });
    expect(seen.since(version)).toMatchObject({ removed: [] });
    expect(names(seen.since(version).changed)).toContain('b');
  });

  test('is remembered within bounds: who has missed too much is told everything', () => {
    const seen = view();
    const many = Array.from({ length: 600 }, (_, index) => entry(`first-${index}`));
    seen.update({ at: 1, entries: many, applications: NONE });
    const early = seen.changed.version;
    const others = Array.from({ length: 600 }, (_, index) => entry(`second-${index}`));
    seen.update({ at: 2, entries: others, applications: NONE });
    const late = seen.changed.version;
    expect(seen.since(early).removed).toHaveLength(600);
    seen.update({ at: 3, entries: [entry('last')], applications: NONE });
    expect(seen.since(early)).toMatchObject({ isWhole: true, removed: [] });
    expect(names(seen.since(early).changed)).toEqual(['last']);
    expect(seen.since(late)).toMatchObject({ isWhole: false });
    expect(seen.since(late).removed).toHaveLength(600);
  });
});
