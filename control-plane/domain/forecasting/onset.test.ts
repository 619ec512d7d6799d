import { describe, expect, test } from '@jest/globals';
import type { WindowSecond } from '../autoscaling/decision.ts';
import { motionSinceOnset, onsetForecast } from './kinematic-forecast.ts';
import { seriesOf } from './least-squares.ts';
import { onsetIndex } from './onset.ts';

function windowOf(totals: readonly number[]): WindowSecond[] {
  return totals.map((total, second) => ({ second, total }));
}

/** A load that begins, is calm for 25 seconds and then rises by 0.7 a second, with the unevenness of counted requests. */
const BEGINNING = [0, 0, 0.66, 1.79];
const CALM = [
  1.98, 1.83, 1.91, 1.91, 1.88, 2.02, 2.06, 2.01, 2.09, 1.96, 2.23, 2.03, 2.27, 2.03, 2.17, 2.25, 2.15, 2.31, 2.21,
  2.46, 2.34, 2.31, 2.32, 2.42,
];
const RISE = [2.81, 3.71, 4.13, 5.04, 5.72, 6.5];

describe('the beginning of a rise', () => {
  test('is seen in a window that begins with another one', () => {
    const window = windowOf([...BEGINNING, ...CALM, ...RISE.slice(0, 3)]);
    expect(onsetIndex(seriesOf(window), window.length)).toBeGreaterThanOrEqual(BEGINNING.length + CALM.length - 2);
  });

  test('is followed at its own slope, without the calm before it', () => {
    const window = windowOf([...BEGINNING, ...CALM, ...RISE]);
    const forecast = motionSinceOnset(seriesOf(window), window.length);
    expect(forecast.slope).toBeGreaterThan(0.6);
    expect(forecast.slope).toBeLessThan(0.85);
  });

  test('is not made of the unevenness of a calm load', () => {
    const window = windowOf([...CALM, ...CALM]);
    const forecast = motionSinceOnset(seriesOf(window), window.length);
    expect(Math.abs(forecast.slope)).toBeLessThan(0.05);
  });
});

test('a step is followed flat at its new height once three seconds of it are known', () => {
  const window = windowOf([...Array.from({ length: 30 }, () => 10), 40, 40, 40]);
  const forecast = onsetForecast(seriesOf(window), window.length, 5);
  expect(forecast.predicted).toBeCloseTo(40, 5);
});

test('a value that stands for an earlier moment than its second’s middle is taken for that moment', () => {
  const line = (time: number): number => 5 + 2 * time;
  const window: WindowSecond[] = Array.from({ length: 20 }, (_, second) => ({ second, total: line(second + 0.5) }));
  const open = { second: 20, total: line(20.1), at: 20.1 };
  const forecast = onsetForecast(seriesOf([...window, open]), 20.6, 3);
  expect(forecast.predicted).toBeCloseTo(line(23.6), 6);
});
