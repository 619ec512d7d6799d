import { describe, expect, test } from '@jest/globals';
import type { Forecast, WindowSecond } from '../autoscaling/decision.ts';
import { combinedForecast, FORECASTERS } from './combination.ts';
import { Scoreboard } from './scoreboard.ts';

const BEGIN = 1_700_000_000;

function windowOf(second: number, demand: (second: number) => number): WindowSecond[] {
  return Array.from({ length: 60 }, (_, index) => {
    const at = second - 59 + index;
    return { second: BEGIN + at, total: demand(at) };
  });
}

/** One forecaster is always `off` too low, the others are right, all of them `horizonSeconds` ahead of a demand of 100. */
function saying(off: number, horizonSeconds: number): Forecast {
  const window = windowOf(0, () => 100);
  const forecast = combinedForecast(window, (BEGIN + 1) * 1000, horizonSeconds, undefined)!;
  return {
    ...forecast,
    forecasters: forecast.forecasters.map((one, index) => ({ ...one, predicted: index === 0 ? 100 - off : 100 })),
  };
}

function fed(board: Scoreboard, seconds: readonly number[], forecast: Forecast, demand = 100): Scoreboard {
  for (const second of seconds)
    board.observe(
      windowOf(second, () => demand),
      (BEGIN + second + 1) * 1000,
      forecast,
    );
  return board;
}

const seconds = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

describe('the scoreboard of forecasts', () => {
  test('says nothing until thirty forecasts have come due', () => {
    const board = fed(new Scoreboard(), seconds(50), saying(0, 20));
    expect(board.scores).toBeUndefined();
    expect(fed(board, seconds(5, 50), saying(0, 20)).scores).toBeDefined();
  });

  test('knows what the forecasts were off at their time, not at the time when they were made', () => {
    const board = fed(new Scoreboard(), seconds(100), saying(0, 20));
    expect(board.scores!.error).toBeCloseTo(0, 9);
    // From second 100 on the demand is 160, and for 20 s the forecasts of before the jump come due.
    fed(board, seconds(10, 100), saying(0, 20), 160);
    const few = board.scores!.error;
    expect(few).toBeGreaterThan(2);
    fed(board, seconds(20, 110), { ...saying(0, 20), predicted: 160 }, 160);
    const all = board.scores!.error;
    expect(all).toBeGreaterThan(few);
    expect(fed(board, seconds(20, 130), { ...saying(0, 20), predicted: 160 }, 160).scores!.error).toBeLessThan(all);
  });

  test('weighs being short more than having too much', () => {
    const short = fed(new Scoreboard(), seconds(300), saying(10, 20)).scores!.losses;
    const long = fed(new Scoreboard(), seconds(300), saying(-10, 20)).scores!.losses;
    expect(short[1]).toBe(long[1]);
    expect(short[0]).not.toBe(long[0]);
    expect(Math.min(short[0]!, long[0]!)).toBeGreaterThan(short[1]!);
  });

  test('is not changed by the same again, and goes on after a clock that was set back', () => {
    const board = fed(new Scoreboard(), seconds(60), saying(5, 20));
    const before = board.scores;
    fed(board, [59, 59, 59], saying(5, 20));
    expect(board.scores).toEqual(before);
    fed(board, seconds(60, -100_000), saying(5, 20));
    expect(board.scores!.losses).toHaveLength(FORECASTERS.length);
    expect(board.scores!.losses.every((loss) => Number.isFinite(loss) && loss >= 0)).toBe(true);
  });

  test('is surprised by what exceeds the usual by far, for half a minute, and not by what does so all the time', () => {
    const calm = fed(new Scoreboard(), seconds(300), saying(0, 20));
    expect(fed(calm, seconds(3, 300), saying(0, 20), 130).scores!.surprised).toBe(true);
    expect(fed(calm, seconds(60, 303), { ...saying(0, 20), predicted: 130 }, 130).scores!.surprised).toBe(false);
    const jumping = new Scoreboard();
    for (let jump = 0; jump < 60; jump += 1)
      fed(jumping, seconds(60, 60 * jump), saying(0, 20), jump % 2 === 0 ? 100 : 160);
    expect(jumping.scores!.surprised).toBe(false);
  });

  test('does not take a single jump for an error to be expected', () => {
    const once = fed(
      fed(new Scoreboard(), seconds(600), { ...saying(0, 20), predicted: 98 }),
      seconds(3, 600),
      saying(0, 20),
      500,
    );
    expect(once.scores!.error).toBeLessThan(10);
  });

  test('forgets by half in ten minutes', () => {
    const board = fed(new Scoreboard(), seconds(3000), { ...saying(0, 20), predicted: 90 });
    expect(board.scores!.error).toBeCloseTo(10, 3);
    fed(board, seconds(620, 3000), saying(0, 20));
    expect(board.scores!.error ** 2).toBeGreaterThan(45);
    expect(board.scores!.error ** 2).toBeLessThan(56);
  });
});
