import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { WindowSecond } from '../autoscaling/decision.ts';
import { mulberry32 } from '../autoscaling/testing/plant.ts';
import { combinedForecast, FORECASTERS, type ForecastScores } from './combination.ts';
import { Scoreboard } from './scoreboard.ts';

const BEGIN = 1_700_000_000;
const HORIZON = 20;

/** What the scores and the forecast are after `seconds` of this demand, a decision a second. */
function after(seconds: number, demand: (second: number) => number) {
  const board = new Scoreboard();
  const all: WindowSecond[] = [];
  let forecast = undefined as ReturnType<typeof combinedForecast>;
  for (let second = 0; second < seconds; second += 1) {
    all.push({ second: BEGIN + second, total: Math.max(0, demand(second)) });
    const window = all.slice(-60);
    const now = (BEGIN + second + 1) * 1000;
    forecast = combinedForecast(window, now, HORIZON, board.scores);
    board.observe(window, now, forecast!);
  }
  return {
    board,
    forecast: forecast!,
    weight: (name: string) => forecast!.forecasters.find((one) => one.name === name)!.weight,
  };
}

const noise = (seed: number) => {
  const random = mulberry32(seed);
  return () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
};

describe('the combined forecast', () => {
  test('says nothing of an empty window', () => {
    expect(combinedForecast([], BEGIN * 1000, HORIZON, undefined)).toBeUndefined();
  });

  test('before any forecast has come due is the scaling equation since the last beginning, and nobody else is heard', () => {
    const { forecast, board } = after(15, (second) => 100 + second);
    expect(board.scores).toBeUndefined();
    const heard = forecast.forecasters.filter(({ weight }) => weight > 0);
    expect(heard).toEqual([{ name: 'kinematic-onset', predicted: forecast.predicted, loss: null, weight: 1 }]);
    expect(forecast.predicted).toBeCloseTo(114.5 + HORIZON, 6);
    expect(forecast.forecasters.map(({ name }) => name)).toEqual([
      ...FORECASTERS.map(({ name }) => name),
      'kinematic-onset',
    ]);
  });

  test('follows the scaling equation on a ramp: it alone was right', () => {
    const { forecast, weight } = after(300, (second) => 100 + 2 * second);
    const kinematic = FORECASTERS.filter(({ name }) => name.startsWith('kinematic'));
    expect(kinematic.reduce((sum, { name }) => sum + weight(name), 0)).toBeGreaterThan(0.99);
    expect(forecast.predicted).toBeCloseTo(100 + 2 * (300 + HORIZON), -1);
  });

  test('follows the mean where the load only rushes about a level', () => {
    const normal = noise(3);
    const { weight, forecast } = after(3000, () => 200 + 30 * normal());
    expect(weight('window-mean')).toBeGreaterThan(weight('kinematic-quarter'));
    expect(weight('window-mean')).toBeGreaterThan(weight('last-value'));
    expect(Math.abs(forecast.predicted - 200)).toBeLessThan(15);
  });

  test('follows the last value where the load jumps and stays', () => {
    const random = mulberry32(5);
    let level = 200;
    const { weight } = after(4000, (second) => (second % 60 === 0 ? (level = 150 + 100 * random()) : level));
    for (const { name } of FORECASTERS)
      if (name !== 'last-value') expect(weight('last-value')).toBeGreaterThan(weight(name));
  });

  test('follows what has begun after a surprise, if it says more than the others', () => {
    const calm = after(300, () => 100);
    const window = Array.from({ length: 60 }, (_, index) => ({
      second: BEGIN + 300 + index,
      total: index < 57 ? 100 : 100 + 30 * (index - 56),
    }));
    const of = (surprised: boolean) =>
      combinedForecast(window, (BEGIN + 360) * 1000, HORIZON, { ...calm.board.scores!, surprised })!;
    expect(of(true).predicted).toBeGreaterThan(of(false).predicted);
    expect(of(true).forecasters.at(-1)).toMatchObject({ name: 'kinematic-onset', weight: 1 });
    expect(of(false).forecasters).toHaveLength(FORECASTERS.length);
  });

  test('tells its error as it is: two of three forecasts lie within one of them, more than nine of ten within two', () => {
    const normal = noise(11);
    const demands = Array.from({ length: 6000 }, (_, second) => 300 + 80 * Math.sin(second / 90) + 12 * normal());
    const board = new Scoreboard();
    let [one, two, of] = [0, 0, 0];
    for (let second = 60; second + HORIZON + 1 < demands.length; second += 1) {
      const window = demands
        .slice(second - 59, second + 1)
        .map((total, index) => ({ second: BEGIN + second - 59 + index, total }));
      const now = (BEGIN + second + 1) * 1000;
      const { scores } = board;
      const forecast = combinedForecast(window, now, HORIZON, scores)!;
      board.observe(window, now, forecast);
      if (scores === undefined || second < 600) continue;
      const truth = (demands[second + HORIZON]! + demands[second + HORIZON + 1]! + demands[second + HORIZON - 1]!) / 3;
      const off = Math.abs(truth - forecast.predicted);
      of += 1;
      if (off <= forecast.error) one += 1;
      if (off <= 2 * forecast.error) two += 1;
    }
    expect(one / of).toBeGreaterThan(0.6);
    expect(one / of).toBeLessThan(0.76);
    expect(two / of).toBeGreaterThan(0.92);
  });

  const losses = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), {
    minLength: FORECASTERS.length,
    maxLength: FORECASTERS.length,
  });
  const windows = fc
    .tuple(
      fc.array(fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }), { minLength: 1, maxLength: 120 }),
      fc.integer({ min: 0, max: 20 }),
    )
    .map(([values, gap]) => values.map((total, index) => ({ second: BEGIN - values.length + index - gap, total })));

  test('is finite, never negative and bounded, whatever was measured; the weights make one', () => {
    fc.assert(
      fc.property(
        windows,
        fc.double({ min: 2, max: 120, noNaN: true }),
        fc.option(
          fc.record({ losses, error: fc.double({ min: 0, max: 1e12, noNaN: true }), surprised: fc.boolean() }),
          { nil: undefined },
        ),
        (window, horizon, scores: ForecastScores | undefined) => {
          const forecast = combinedForecast(window, BEGIN * 1000, horizon, scores)!;
          for (const value of Object.values(forecast))
            if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
          const most = Math.max(...window.map(({ total }) => total));
          expect(forecast.predicted).toBeGreaterThanOrEqual(0);
          expect(forecast.predicted).toBeLessThanOrEqual(3 * most * (1 + 1e-9));
          expect(forecast.error).toBeGreaterThanOrEqual(0);
          expect(forecast.forecasters.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  test('is the same to the bit from the same scores, also when these were written down and read again', () => {
    const { board } = after(200, (second) => 50 + Math.sin(second));
    const window = Array.from({ length: 60 }, (_, index) => ({ second: BEGIN + index, total: 40 + (index % 7) }));
    const of = (scores: ForecastScores | undefined) => combinedForecast(window, (BEGIN + 60) * 1000, HORIZON, scores);
    expect(of(JSON.parse(JSON.stringify(board.scores)) as ForecastScores)).toEqual(of(board.scores));
  });
});
