import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mulberry32 } from '../autoscaling/testing/plant.ts';
import type { WindowSecond } from '../autoscaling/decision.ts';
import type { Forecaster } from './forecaster.ts';
import { kinematicForecaster, motionNow, newestKinematicForecasters, onsetForecast } from './kinematic-forecast.ts';
import { seriesOf } from './least-squares.ts';

const NOW = 1_700_000_000_000;
const LAST = NOW / 1000 - 1;

/** `demand` as a function of the time before now, in seconds; a second's value is the one at its middle. */
function windowOf(demand: (time: number) => number, seconds = 60): WindowSecond[] {
  return Array.from({ length: seconds }, (_, index) => {
    const second = LAST - seconds + 1 + index;
    return { second, total: demand(second + 0.5 - NOW / 1000) };
  });
}

function kinematicForecast(
  window: readonly WindowSecond[],
  now: number,
  horizonSeconds: number,
  by: Forecaster = kinematicForecaster,
) {
  const series = seriesOf(window);
  const { errorAhead, ...motion } = motionNow(series, 0, now / 1000);
  const predicted = by.predict(series, now / 1000, horizonSeconds);
  return { ...motion, predicted, error: errorAhead(horizonSeconds) };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

describe('the kinematic forecast', () => {
  test('of constant demand is that demand at every horizon', () => {
    for (const horizon of [2, 10, 60, 120]) {
      const forecast = kinematicForecast(
        windowOf(() => 12),
        NOW,
        horizon,
      );
      expect(forecast).toMatchObject({ level: 12, slope: 0, acceleration: 0, predicted: 12 });
      expect(forecast.error).toBeCloseTo(0, 9);
    }
  });

  test.each([2, 10, 40])('carries a straight line on by u·t at a horizon of %d s', (horizon) => {
    const forecast = kinematicForecast(
      windowOf((time) => 100 + 1.5 * time),
      NOW,
      horizon,
    );
    expect(forecast.slope).toBeCloseTo(1.5, 9);
    expect(forecast.accelerationSignificant).toBe(false);
    expect(forecast.level).toBeCloseTo(100, 6);
    expect(forecast.predicted).toBeCloseTo(100 + 1.5 * horizon, 6);
  });

  test.each([2, 10, 20])('carries a parabola on by u·t + ½·a·t² at a horizon of %d s', (horizon) => {
    const forecast = kinematicForecast(
      windowOf((time) => 100 + 2 * time + 0.5 * 0.03 * time * time, 30),
      NOW,
      horizon,
    );
    expect(forecast).toMatchObject({ accelerationSignificant: true });
    expect(forecast.slope).toBeCloseTo(2, 6);
    expect(forecast.acceleration).toBeCloseTo(0.03, 6);
    expect(forecast.predicted).toBeCloseTo(100 + 2 * horizon + 0.5 * 0.03 * horizon ** 2, 4);
  });

  test('takes the acceleration of a noisy parabola for significant and finds it within its error', () => {
    const random = mulberry32(7);
    const forecast = kinematicForecast(
      windowOf((time) => 200 + 4 * time + 0.5 * 0.08 * time * time + 2 * normal(random)),
      NOW,
      10,
    );
    expect(forecast.accelerationSignificant).toBe(true);
    expect(Math.abs(forecast.acceleration - 0.08)).toBeLessThan(3 * forecast.accelerationStandardError);
    expect(forecast.predicted).toBeCloseTo(forecast.level + forecast.slope * 10 + 0.5 * forecast.acceleration * 100, 9);
    expect(Math.abs(forecast.predicted - 244)).toBeLessThan(6);
  });

  test('does not take the bend of noise for an acceleration more than once in 200 windows', () => {
    const random = mulberry32(1);
    let significant = 0;
    for (let run = 0; run < 1000; run += 1)
      if (
        kinematicForecast(
          windowOf(() => 50 + 5 * normal(random)),
          NOW,
          20,
        ).accelerationSignificant
      )
        significant += 1;
    expect(significant).toBeLessThanOrEqual(5);
  });

  test('tells its error honestly: nine of ten forecasts of a noisy line lie within two of them', () => {
    const random = mulberry32(2);
    let within = 0;
    for (let run = 0; run < 500; run += 1) {
      const { predicted, error } = kinematicForecast(
        windowOf((time) => 500 + 2 * time + 8 * normal(random)),
        NOW,
        20,
      );
      if (Math.abs(predicted - 540) <= 2 * error + 8) within += 1;
    }
    expect(within).toBeGreaterThan(450);
  });

  test('widens its error when the noise of successive seconds hangs together', () => {
    const random = mulberry32(3);
    const independent = kinematicForecast(
      windowOf(() => 500 + 8 * normal(random)),
      NOW,
      20,
    );
    let walk = 0;
    const together = kinematicForecast(
      windowOf(() => 500 + (walk = 0.8 * walk + 0.6 * 8 * normal(random))),
      NOW,
      20,
    );
    expect(together.slopeStandardError).toBeGreaterThan(1.3 * independent.slopeStandardError);
  });

  test('sees sooner that a ramp has begun the newer the part of the window that it goes through', () => {
    const ramp = windowOf((time) => 20 + 4 * Math.max(0, time + 4));
    const predictions = [kinematicForecaster, ...newestKinematicForecasters].map(
      (by) => kinematicForecast(ramp, NOW, 10, by).predicted,
    );
    expect(predictions).toEqual(predictions.toSorted((a, b) => a - b));
    for (let index = 1; index < predictions.length; index += 1)
      expect(predictions[index]).toBeGreaterThan(1.05 * predictions[index - 1]!);
    expect(predictions[2]).toBeGreaterThan(1.3 * predictions[0]!);
  });

  test.each([
    ['kinematic-half', 30],
    ['kinematic-quarter', 15],
    ['kinematic-eighth', 8],
  ])('%s forgets a fall that has been over for %d s', (name, seconds) => {
    const by = newestKinematicForecasters.find((one) => one.name === name);
    const over = windowOf((time) => Math.min(100, Math.max(5, 5 - 6 * (time + seconds))));
    expect(kinematicForecast(over, NOW, 10, by).predicted).toBeCloseTo(5, 6);
  });

  test('since an onset sees two seconds after it began that a ramp has begun', () => {
    const series = seriesOf(windowOf((time) => 20 + 4 * Math.max(0, time + 2)));
    expect(onsetForecast(series, NOW / 1000, 10).predicted).toBeGreaterThan(40);
  });

  test('since an onset starts at least from the mean of the last two seconds', () => {
    const series = seriesOf(windowOf((time) => (time > -2 ? 90 : 10)));
    expect(onsetForecast(series, NOW / 1000, 2).predicted).toBeGreaterThanOrEqual(90);
  });

  test('is not above three times the largest value of the window', () => {
    const forecast = kinematicForecast(
      windowOf((time) => Math.max(0, time + 60) * 20),
      NOW,
      120,
    );
    expect(forecast.predicted).toBe(3 * 1190);
  });

  test('of one second is that second', () => {
    expect(kinematicForecast([{ second: LAST, total: 7 }], NOW, 30)).toMatchObject({
      level: 7,
      predicted: 7,
      slope: 0,
    });
  });

  test('uses what is there when seconds are missing', () => {
    const whole = windowOf((time) => 100 + 2 * time);
    const thinned = whole.filter((_, index) => index % 3 !== 0);
    expect(kinematicForecast(thinned, NOW, 10).predicted).toBeCloseTo(120, 6);
  });

  const totals = fc.array(fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }), {
    minLength: 1,
    maxLength: 120,
  });
  const windows = fc
    .tuple(totals, fc.integer({ min: 0, max: 20 }))
    .map(([values, gap]) => values.map((total, index) => ({ second: LAST - values.length + index - gap, total })));

  test('is finite, never negative, and bounded for whatever was measured', () => {
    fc.assert(
      fc.property(windows, fc.double({ min: 2, max: 120, noNaN: true }), (window, horizon) => {
        const forecast = kinematicForecast(window, NOW, horizon);
        for (const value of Object.values(forecast))
          if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
        expect(forecast.predicted).toBeGreaterThanOrEqual(0);
        expect(forecast.predicted).toBeLessThanOrEqual(3 * Math.max(...window.map(({ total }) => total)));
        expect(forecast.slopeStandardError).toBeGreaterThanOrEqual(0);
        expect(forecast.error).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('doubles when the demand doubles', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 60 }),
        (values, horizon) => {
          const of = (factor: number) =>
            kinematicForecast(
              values.map((total, index) => ({ second: LAST - values.length + 1 + index, total: total * factor })),
              NOW,
              horizon,
            ).predicted;
          expect(of(2)).toBeCloseTo(2 * of(1), 3);
        },
      ),
    );
  });
});
