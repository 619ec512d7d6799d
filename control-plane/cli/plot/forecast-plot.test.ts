import { describe, expect, test } from '@jest/globals';
import type { Charset } from './canvas.ts';
import { forecastNumbers, tightestFactor, type KnownFactor, type KnownHistory } from './forecast-numbers.ts';
import { drawForecast, LEAST_SIZE, type PlotSize } from './forecast-plot.ts';

/** A minute of a demand that rises from 20 to 80, with two instances, a third of which starts 10 s before now. */
const HISTORY: KnownHistory = {
  from: '2026-03-01T12:00:00.000Z',
  stepSeconds: 2,
  points: 30,
  series: [
    { name: 'requestsInFlight', mean: Array.from({ length: 30 }, (_, index) => (index === 9 ? null : 20 + 2 * index)) },
    { name: 'instances.active', mean: Array.from({ length: 30 }, (_, index) => (index < 15 ? 1 : 2)) },
    { name: 'instances.starting', mean: Array.from({ length: 30 }, (_, index) => (index < 25 ? 0 : 1)) },
  ],
};
const FACTOR: KnownFactor = {
  name: 'requestsInFlight',
  target: 50,
  capacity: 100,
  forecast: { level: 80, slope: 1, acceleration: 0, predicted: 120, error: 20, horizonSeconds: 20 },
};
const LIVE = { at: '2026-03-01T12:01:00.000Z', wanted: 3, active: 2, starting: 1, factors: [FACTOR] };

const numbers = (factor: Partial<KnownFactor> = {}) => forecastNumbers({ ...FACTOR, ...factor }, LIVE, HISTORY);
const drawn = (size: PlotSize, charset: Charset, of = numbers()): string[] =>
  drawForecast(of, size, charset).map((spans) =>
    spans
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );

describe('the plot', () => {
  test('in Braille', () => {
    expect(drawn({ columns: 60, rows: 14 }, 'unicode')).toEqual([
      '150 ┤                                  ┄┄┄┄┄┄┄│┄┄┄┄┄┄┄┄┄┄┄┄┄',
      '    │                                         │           ░░',
      '    │                                         │       ░░░░░⢀',
      '    │                                         │     ░░⢀⣀⠤⠔⠉⠁',
      '100 ┤                     ────────────────────│───⢀⠤⠔⠒⠁─────',
      '    │                                         ⣀⠔⠒⠉⠁░░░░',
      '    │                               ⢀⣀⣀⠤⠤⠤⠒⠊⠉⠁│',
      '    │                      ⣀⣀⡠⠤⠤⠔⠒⠉⠉⠁         │',
      ' 50 ┤──────────────⢀⠤⠤⠤⠒⠒⠊⠉                   │',
      '    │    ⢀⣀⣀⠤⠔⠒⠒⠉                             │',
      '    │⠐⠊⠉⠉⠁                                    │',
      '  0 ┤                                         │',
      '    └───────────────────────────────────────────────────────',
      '     -60 s                                   now       +20 s',
    ]);
  });

  test('in ASCII, narrow', () => {
    expect(drawn({ columns: 34, rows: 9 }, 'ascii')).toEqual([
      '    |                  ~~~|~~~~~~~',
      '    |                     |    ::+',
      '100 +           ----------|-++++++',
      '    |                ******++::',
      '    |-------**********    |',
      '    |*******              |',
      '  0 +                     |',
      '    +-----------------------------',
      '     -60 s               now +20 s',
    ]);
  });

  test('without a forecast it ends now', () => {
    expect(drawn({ columns: 40, rows: 8 }, 'ascii', numbers({ forecast: null }))).toEqual([
      '    |                             ~~~~~|',
      '    |                                  |',
      '100 +                  ----------------|',
      '    | ---------------******************|',
      '    | ********** ****                  |',
      '  0 +                                  |',
      '    +-----------------------------------',
      '     -60 s                           now',
    ]);
  });

  test.each([[{ columns: 30, rows: 6 }], [{ columns: 79, rows: 23 }], [{ columns: 400, rows: 100 }]])(
    'it has just the size that is asked for: %j',
    (size) => {
      for (const charset of ['unicode', 'ascii'] as const) {
        const lines = drawForecast(numbers(), size, charset);
        expect(lines).toHaveLength(size.rows);
        expect(Math.max(...lines.map((spans) => spans.reduce((sum, { text }) => sum + text.length, 0)))).toBe(
          size.columns,
        );
      }
    },
  );

  test('where there is no room for it, there is none', () => {
    expect(drawn({ ...LEAST_SIZE, columns: LEAST_SIZE.columns - 1 }, 'ascii')).toEqual([]);
    expect(drawn({ ...LEAST_SIZE, rows: LEAST_SIZE.rows - 1 }, 'ascii')).toEqual([]);
  });

  test('ASCII is nothing else', () => {
    expect(drawn({ columns: 100, rows: 30 }, 'ascii').join('\n')).toMatch(/^[\n -~]*$/);
  });

  test('of nothing at all, an empty one is drawn', () => {
    const nothing = forecastNumbers(
      { name: 'x', target: 1, capacity: 0, forecast: null },
      { ...LIVE, active: 0, starting: 0, wanted: 0 },
      { from: LIVE.at, stepSeconds: 1, points: 0, series: [] },
    );
    expect(drawn({ columns: 30, rows: 6 }, 'ascii', nothing)).toHaveLength(6);
  });
});

test('the path ahead is the scaling equation’s, brought to what is predicted', () => {
  const { forecast } = numbers({
    forecast: { level: 10, slope: 0, acceleration: 2, predicted: 20, error: 4, horizonSeconds: 10 },
  });
  expect(forecast?.path).toHaveLength(11);
  expect(forecast?.path[0]).toEqual({ seconds: 0, demand: 10, low: 10, high: 10 });
  expect(forecast?.path[5]).toEqual({ seconds: 5, demand: 12.5, low: 10.5, high: 14.5 });
  expect(forecast?.path[10]).toEqual({ seconds: 10, demand: 20, low: 16, high: 24 });
});

test('where the equation leads elsewhere than the forecasters together, the path is straight', () => {
  const { forecast } = numbers({
    forecast: { level: 10, slope: -1, acceleration: 0, predicted: 20, error: 0, horizonSeconds: 10 },
  });
  expect(forecast?.path[5]).toMatchObject({ demand: 15 });
});

test('what is starting is capacity that will come', () => {
  expect(numbers()).toMatchObject({
    capacity: { ready: 100, withStarting: 150 },
    observed: { ready: expect.arrayContaining([50, 100]), withStarting: expect.arrayContaining([50, 100, 150]) },
  });
});

test('the tightest factor is the one that is foreseen closest to what is ready', () => {
  const loose: KnownFactor = { ...FACTOR, name: 'loadAverage', capacity: 1000 };
  const unknown: KnownFactor = { ...FACTOR, name: 'memory', forecast: null, capacity: 1 };
  expect(tightestFactor([unknown, loose, FACTOR])?.name).toBe('requestsInFlight');
  expect(tightestFactor([unknown])?.name).toBe('memory');
  expect(tightestFactor([])).toBeUndefined();
});
