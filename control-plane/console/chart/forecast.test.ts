import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forecastPath } from './forecast.ts';

const rising = { level: 10, slope: 1, acceleration: 0.1, predicted: 75, error: 6, horizonSeconds: 30 };

test('a forecast begins at the level and ends at what is predicted, with its error to each side', () => {
  const path = forecastPath(rising, 0);
  expect(path[0]).toEqual({ seconds: 0, value: 10, low: 10, high: 10 });
  expect(path.at(-1)).toEqual({ seconds: 30, value: 75, low: 69, high: 81 });
});

test('it bends as the scaling equation does', () => {
  const equation = 10 + 30 + 0.05 * 900;
  const path = forecastPath({ ...rising, predicted: equation }, 0);
  for (const { seconds, value } of path) expect(value).toBeCloseTo(10 + seconds + 0.05 * seconds * seconds);
});

test('it is never negative, its interval holds it, and what does not divide is added', () => {
  const figure = fc.double({ min: -100, max: 100, noNaN: true });
  const amount = fc.double({ min: 0, max: 1_000, noNaN: true });
  fc.assert(
    fc.property(
      amount,
      figure,
      figure,
      amount,
      amount,
      amount,
      (level, slope, acceleration, predicted, error, offset) => {
        const forecast = { level, slope, acceleration, predicted, error, horizonSeconds: 20 };
        const path = forecastPath(forecast, offset);
        for (const { value, low, high } of path) {
          expect(low).toBeGreaterThanOrEqual(offset);
          expect(low).toBeLessThanOrEqual(value);
          expect(high).toBeGreaterThanOrEqual(value);
        }
        expect(path.at(-1)!.value).toBeCloseTo(predicted + offset);
      },
    ),
  );
});

test('without a horizon there is nothing to draw', () => {
  expect(forecastPath({ ...rising, horizonSeconds: 0 }, 0)).toEqual([]);
});
