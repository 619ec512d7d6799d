import { describe, expect, test } from '@jest/globals';
import { admission, answeredWell, ejected, suspected, TRUSTED, type EjectionCause, type Trust } from './ejection.ts';

function lengths(cause: EjectionCause, rounds: number): number[] {
  let trust: Trust = TRUSTED;
  let now = 0;
  return Array.from({ length: rounds }, () => {
    trust = ejected(trust, cause, now);
    const seconds = trust.kind === 'ejected' ? trust.until - now : 0;
    now += seconds;
    return seconds;
  });
}

describe('ejection', () => {
  test.each([
    ['refused', [1, 2, 4, 8, 10, 10]],
    ['outlier', [5, 10, 20, 40, 60, 60]],
  ] as const)('for “%s” lasts twice as long after each probation that failed, up to its limit', (cause, expected) => {
    expect(lengths(cause, 6)).toEqual(expected);
  });

  test('is not made longer by the other requests of the same burst', () => {
    const first = ejected(TRUSTED, 'refused', 0);
    expect(ejected(ejected(first, 'refused', 0.1), 'outlier', 0.2)).toBe(first);
  });

  test('is not ended by the answer to a request from before it, but by one on probation', () => {
    const out = ejected(TRUSTED, 'refused', 0);
    expect(answeredWell(out, 0.5)).toBe(out);
    expect(answeredWell(out, 1)).toMatchObject({ kind: 'trusted' });
  });

  test('of an outlier is remembered for a minute, of a refusal not at all', () => {
    const again = (cause: EjectionCause, later: number) => {
      const back = answeredWell(ejected(TRUSTED, cause, 0), 5);
      return ejected(back, cause, 5 + later);
    };
    expect(again('outlier', 59)).toMatchObject({ times: 2 });
    expect(again('outlier', 61)).toMatchObject({ times: 1 });
    expect(again('refused', 1)).toMatchObject({ times: 1 });
  });

  test('does not follow at once when a connection breaks off, but nothing is added to what is in flight, until the next answer or a tenth of a second', () => {
    const remembered: Trust = { kind: 'trusted', times: 2, since: 3 };
    expect(admission(suspected(remembered, 9), 8, 9)).toBe(1);
    expect(admission(suspected(remembered, 9), 8, 9.1)).toBe(8);
    expect(answeredWell(suspected(remembered, 9), 9)).toEqual(remembered);
    const out = ejected(TRUSTED, 'refused', 0);
    expect(suspected(out, 0)).toBe(out);
  });

  test('admits nothing, then one, and after an answer as many as declared', () => {
    const out = ejected(TRUSTED, 'refused', 0);
    expect(admission(out, 8, 0)).toBe(0);
    expect(admission(out, 8, 1)).toBe(1);
    expect(admission(TRUSTED, 8, 1)).toBe(8);
    expect(admission(TRUSTED, 0, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});
