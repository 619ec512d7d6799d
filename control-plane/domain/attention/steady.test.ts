import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coarseAge, steady } from './steady.ts';

describe('a figure', () => {
  test.each<[what: string, shown: number | null | undefined, value: number | null, told: number | null]>([
    ['that is the first is told in three digits', undefined, 12.3456, 12.3],
    ['that jitters stays', 12.3, 13.2, 12.3],
    ['that moves is told', 12.3, 13.4, 13.4],
    ['that becomes nothing is told at once', 0.5, 0, 0],
    ['that was nothing stays so while it is noise', 0, 0.9, 0],
    ['that was nothing is told when it is something', 0, 1.2, 1.2],
    ['that is not known any more is told', 12, null, null],
    ['that was not known is told', null, 0.4, 0.4],
  ])('%s', (_what, shown, value, told) => {
    expect(steady(shown, value, 1)).toBe(told);
  });

  test('is never shown further from the truth than the tolerance and the rounding', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 100, noNaN: true }), (measured, tolerance) => {
        let shown: number | null | undefined;
        for (const value of measured) {
          shown = steady(shown, value, tolerance);
          expect(Math.abs((shown ?? NaN) - value)).toBeLessThanOrEqual(tolerance + 0.006 * value);
        }
      }),
    );
  });
});

test.each([
  [0, 0],
  [14.9, 0],
  [15, 15],
  [59, 30],
  [60, 60],
  [3599, 1800],
  [86_399, 43_200],
  [2.5 * 86_400, 2 * 86_400],
])('an age of %d s is shown as %d s', (seconds, shown) => {
  expect(coarseAge(seconds)).toBe(shown);
});
