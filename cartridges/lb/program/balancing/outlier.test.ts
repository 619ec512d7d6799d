import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TRUSTED, type Trust } from './ejection.ts';
import { isOutlier, mayEjectOneMore, Outcomes } from './outlier.ts';

describe('an outlier', () => {
  test.each([
    ['fails while the others do not', { total: 5, bad: 5 }, { total: 20, bad: 0 }, true],
    ['fails half of the time while the others fail a quarter', { total: 10, bad: 5 }, { total: 20, bad: 5 }, true],
    ['is none when the others fail as well', { total: 20, bad: 20 }, { total: 20, bad: 18 }, false],
    ['is none by a few failures', { total: 4, bad: 4 }, { total: 20, bad: 0 }, false],
    ['is none while it mostly answers well', { total: 100, bad: 40 }, { total: 100, bad: 0 }, false],
    ['is none without others to compare with', { total: 50, bad: 50 }, { total: 0, bad: 0 }, false],
  ])('%s', (_what, own, others, expected) => {
    expect(isOutlier(own, others)).toBe(expected);
  });

  test('is judged by the last five to ten seconds', () => {
    const outcomes = new Outcomes();
    outcomes.add(true, 100);
    outcomes.add(false, 104);
    expect(outcomes.read(104.9)).toEqual({ total: 2, bad: 1 });
    outcomes.add(true, 105);
    expect(outcomes.read(109.9)).toEqual({ total: 3, bad: 2 });
    expect(outcomes.read(110)).toEqual({ total: 1, bad: 1 });
    expect(outcomes.read(200)).toEqual({ total: 0, bad: 0 });
  });

  test('goes only while at most half of the active members are out then', () => {
    const out: Trust = { kind: 'ejected', cause: 'outlier', until: 9, times: 1 };
    const member = fc.record({
      state: fc.constantFrom('active' as const, 'draining' as const),
      trust: fc.constantFrom(TRUSTED, out),
    });
    fc.assert(
      fc.property(fc.array(member), (members) => {
        const active = members.filter(({ state }) => state === 'active');
        const ejected = active.filter(({ trust }) => trust.kind === 'ejected').length;
        expect(mayEjectOneMore(members)).toBe(2 * (ejected + 1) <= active.length);
      }),
    );
  });
});
