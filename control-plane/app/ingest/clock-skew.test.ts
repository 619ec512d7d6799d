import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clockSkew, heardClock } from './clock-skew.ts';

/** What messages say of a clock that is so much ahead, when they take so long. */
const heard = (ahead: number, delays: readonly number[]) =>
  delays.reduce<readonly number[]>((before, delay) => heardClock(before, ahead - delay), []);

describe('how far a clock is off', () => {
  test('is not known before a message has told its time', () => {
    expect(clockSkew([])).toBeNull();
  });

  test('is not taken from a message that was held up', () => {
    expect(clockSkew(heard(-3, [0.25, 0.5, 20]))).toBe(-3.25);
    expect(clockSkew(heard(60, [20, 0.5, 30]))).toBe(59.5);
  });

  test('is that of the last twelve messages: a clock that is set back is believed then', () => {
    const before = heard(60, [0]);
    const after = Array.from({ length: 12 }, () => -5);
    expect(clockSkew(after.slice(1).reduce(heardClock, before))).toBe(60);
    expect(clockSkew(after.reduce(heardClock, before))).toBe(-5);
    expect(after.reduce(heardClock, before)).toHaveLength(12);
  });

  test('is never said to be more than it is, and less by the smallest delay alone', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), delays, (ahead, taken) => {
        expect(clockSkew(heard(ahead, taken))).toBe(ahead - Math.min(...taken.slice(-12)));
      }),
    );
  });
});
