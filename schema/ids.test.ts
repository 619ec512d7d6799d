import { expect, test } from '@jest/globals';
import { isId, leastUid, newUid, uidSeries } from './ids.ts';

test('a series with the same chance gives the same uids, another chance others', () => {
  const chance = (step: number) => {
    let state = 0;
    return () => (state = (state + step) % 1);
  };
  const [a, b, c] = [uidSeries(chance(0.37)), uidSeries(chance(0.37)), uidSeries(chance(0.41))];
  const times = [1_800_000_000_000, 1_800_000_000_000, 1_800_000_000_007];
  expect(times.map(a)).toEqual(times.map(b));
  expect(c(times[0]!)).not.toBe(a(times[0]!));
});

test('uids rise within a series, also when the clock goes back', () => {
  const next = uidSeries();
  const uids = [5000, 5000, 4000, 6000].map((now) => next(now));
  expect(uids.toSorted()).toEqual(uids);
  expect(new Set(uids).size).toBe(4);
  expect([...uids, newUid()].every(isId)).toBe(true);
});

test('the least uid of a time parts what was made before from what was made then', () => {
  const [before, then] = [newUid(1_800_000_000_000), uidSeries()(1_800_000_000_001)];
  expect(before < leastUid(1_800_000_000_001)).toBe(true);
  expect(leastUid(1_800_000_000_001) <= then).toBe(true);
  expect([-1, 0, 1.5, 8.64e15].map(leastUid).every(isId)).toBe(true);
});
