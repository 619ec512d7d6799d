import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keptCaches } from './caches.ts';
import type { HeldBuild } from './holdings.ts';

const NOW = 1_800_000_000_000;
const DAY = 24 * 3600_000;
const BOUNDS = { component: 100, total: 200 };
const cache = (name: string, bytes: number) => ({ name, bytes, modifiedAt: 0 });
const build = (cluster: string, daysAgo: number, isUnderWay = false): HeldBuild => ({
  ...{ uid: `b-${cluster}-${daysAgo}`, cluster, source: 's', startedAt: NOW - daysAgo * DAY },
  createdAt: NOW - daysAgo * DAY,
  finishedAt: isUnderWay ? null : NOW - daysAgo * DAY + 1,
});
const kept = (caches: ReturnType<typeof cache>[], builds: HeldBuild[], bounds = BOUNDS) =>
  [...keptCaches(caches, builds, new Set(['a', 'b', 'c', 'd']), bounds, NOW)].sort().join('');

describe('build caches', () => {
  test('stay as long as their service cluster, but thirty days without a build', () => {
    const caches = ['a', 'b', 'gone'].map((name) => cache(name, 10));
    expect(kept(caches, [build('a', 29), build('b', 31), build('gone', 1)])).toBe('a');
  });

  test('beyond what one may take go, and are begun anew by the next build', () => {
    expect(kept([cache('a', 101), cache('b', 100)], [build('a', 1), build('b', 1)])).toBe('b');
  });

  test('beyond what all may take go by their last build, the oldest first', () => {
    const caches = ['a', 'b', 'c', 'd'].map((name) => cache(name, 80));
    const builds = [build('a', 1), build('b', 20), build('b', 3), build('c', 2), build('d', 10)];
    expect(kept(caches, builds)).toBe('ac');
  });

  test('that a build is using stay, however large, and take no more from the others than they may have', () => {
    const caches = [cache('a', 500), cache('b', 100), cache('c', 10)];
    expect(kept(caches, [build('a', 0, true), build('b', 1), build('c', 2)])).toBe('ab');
  });

  test('whatever there is, the bounds hold but for what is in use', () => {
    const entry = fc.record({ bytes: fc.nat(150), daysAgo: fc.nat(40), isUnderWay: fc.boolean() });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.nat(120), fc.nat(600), (entries, component, total) => {
        const caches = entries.map(({ bytes }, index) => cache(`c${index}`, bytes));
        const builds = entries.map(({ daysAgo, isUnderWay }, index) => build(`c${index}`, daysAgo, isUnderWay));
        const there = new Set(caches.map(({ name }) => name));
        const stay = keptCaches(caches, builds, there, { component, total }, NOW);
        const inUse = new Set(builds.filter(({ finishedAt }) => finishedAt === null).map(({ cluster }) => cluster));
        for (const name of inUse) expect(stay).toContain(name);
        const others = caches.filter(({ name }) => stay.has(name) && !inUse.has(name));
        for (const { bytes } of others) expect(bytes).toBeLessThanOrEqual(component);
        expect(others.reduce((bytes, one) => bytes + one.bytes, 0)).toBeLessThanOrEqual(total);
        // What goes of those that are small and young enough was used no later than what stays.
        const age = (name: string) => entries[Number(name.slice(1))]!.daysAgo;
        for (const { name, bytes } of caches)
          if (!stay.has(name) && bytes <= component && age(name) < 30)
            for (const other of others) expect(age(name)).toBeGreaterThanOrEqual(age(other.name));
      }),
      { numRuns: 500 },
    );
  });
});
