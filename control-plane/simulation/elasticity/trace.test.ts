import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { highestRate, parseTraces, partOf, rateAt, scaled, secondsOf, smoothed, TraceError } from './trace.ts';

const parse = (...lines: string[]) => parseTraces(lines.join('\n'), 'day', 'day.csv');
const HEADER = 't_seconds,requests_per_second';

describe('a trace', () => {
  test('is a rate for each step, and zeros are zeros', () => {
    const [trace] = parse(HEADER, '0,3.5', '60,0', '120,1e1', '');
    expect(trace).toMatchObject({ name: 'day', stepSeconds: 60, rates: Float64Array.of(3.5, 0, 10) });
    expect([secondsOf(trace!), highestRate(trace!)]).toEqual([180, 10]);
    expect([0, 59, 60, 179].map((t) => rateAt(trace!, t))).toEqual([3.5, 3.5, 0, 10]);
    expect(scaled(trace!, 2).rates).toEqual(Float64Array.of(7, 0, 20));
  });

  test('of several columns is several traces', () => {
    const traces = parse('t_seconds,job0_rps,web', '0,1,2', '1,3,4');
    expect(traces.map(({ name, rates }) => [name, [...rates]])).toEqual([
      ['day:job0', [1, 3]],
      ['day:web', [2, 4]],
    ]);
  });

  test('may be cut to a part of it in whole steps, and is whole where it ends before that', () => {
    const [trace] = parse(HEADER, ...Array.from({ length: 10 }, (_, step) => `${step * 60},${step}`));
    const cut = (from: { seconds: number } | { share: number }, seconds: number) => [
      ...partOf(trace!, { from, seconds }).rates,
    ];
    expect(cut({ seconds: 120 }, 180)).toEqual([2, 3, 4]);
    expect(cut({ seconds: 130 }, 61)).toEqual([2, 3]);
    expect(cut({ share: 0.25 }, 60)).toEqual([2]);
    expect(cut({ seconds: 0 }, 600)).toHaveLength(10);
    expect(cut({ seconds: 480 }, 121)).toHaveLength(10);
  });

  test('may come from another editor', () => {
    expect(parse(`\uFEFF${HEADER}\r`, '0,1\r', '1,2\r', '\r')[0]?.rates).toEqual(Float64Array.of(1, 2));
  });

  test('without its steps has the same mean in each of them, and goes from one to the next', () => {
    const rates = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e4, noNaN: true })), { minLength: 1 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 2, max: 90 }), (values, stepSeconds) => {
        const trace = { name: 'x', stepSeconds, rates: Float64Array.from(values) };
        const seconds = smoothed(trace);
        expect([seconds.stepSeconds, secondsOf(seconds)]).toEqual([1, secondsOf(trace)]);
        for (const [step, rate] of values.entries()) {
          const part = seconds.rates.subarray(step * stepSeconds, (step + 1) * stepSeconds);
          const mean = part.reduce((sum, value) => sum + value, 0) / stepSeconds;
          expect(Math.abs(mean - rate)).toBeLessThanOrEqual(1e-9 * Math.max(1, rate));
          expect(part.every((value) => (rate === 0 ? value === 0 : value >= 0))).toBe(true);
        }
      }),
    );
    const ramp = smoothed({ name: 'x', stepSeconds: 10, rates: Float64Array.of(10, 20, 30, 40) });
    const rises = ramp.rates.slice(11, 30).map((rate, index) => rate - ramp.rates[10 + index]!);
    for (const rise of rises) expect(rise).toBeCloseTo(1, 9);
  });

  test.each([
    ['no line', [''], 'day.csv:1: expected the header'],
    ['another header', ['time,rate', '0,1', '1,1'], 'day.csv:1: expected the header'],
    ['a column twice', ['t_seconds,a,a', '0,1,1', '1,1,1'], 'day.csv:1: a column has the name of another one'],
    ['only the header', [HEADER], 'day.csv:2: the step is the time between two lines'],
    ['one line', [HEADER, '0,1'], 'day.csv:3: the step is the time between two lines'],
    [
      'a gap',
      [HEADER, '0,1', '1,1', '4,1'],
      'day.csv:4: 3 s after the line before, where the step is 1 s; fill the gap',
    ],
    ['times that go back', [HEADER, '0,1', '1,1', '0,1'], 'day.csv:4: the time does not grow'],
    ['the same time twice', [HEADER, '5,1', '5,1'], 'day.csv:3: the time does not grow'],
    ['part of a second', [HEADER, '0,1', '0.5,1'], 'day.csv:3: a step of 0.5 s; expected whole seconds'],
    ['a negative rate', [HEADER, '0,1', '1,-2'], 'day.csv:3: requests_per_second is -2; a rate is not below 0'],
    ['an absurd rate', [HEADER, '0,1', '1,1e30'], 'day.csv:3: requests_per_second is 1e+30; more than'],
    ['no number', [HEADER, '0,1', '1,NaN'], 'day.csv:3: requests_per_second is "NaN", not a number'],
    [
      'a number of another language',
      [HEADER, '0,0x10', '1,1'],
      'day.csv:2: requests_per_second is "0x10", not a number',
    ],
    ['nothing', [HEADER, '0,1', '1,'], 'day.csv:3: requests_per_second is "", not a number'],
    ['a value too many', [HEADER, '0,1', '1,2,3'], 'day.csv:3: 3 values where the header has 2'],
    ['an empty line in between', [HEADER, '0,1', '', '2,1'], 'day.csv:3: the line is empty; take it out'],
  ])('with %s is refused by its line', (_what, lines, message) => {
    expect(() => parse(...lines)).toThrow(TraceError);
    expect(() => parse(...lines)).toThrow(message);
  });

  test('of a million lines is read', () => {
    const lines = Array.from({ length: 1_000_000 }, (_, t) => `${t},${t % 7}`).join('\n');
    expect(secondsOf(parse(HEADER, lines)[0]!)).toBe(1_000_000);
  });
});
