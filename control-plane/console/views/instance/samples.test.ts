import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { added, KEPT_SECONDS, largest, NO_SAMPLES, sparkline, type Sample, type Samples } from './samples.ts';

const sample = (loadAverage: number | null): Sample => ({
  ...{ loadAverage, memory: 1, cpuCores: null, cpuThrottled: null, requestsInFlight: 2 },
});
const of = (...given: readonly (readonly [second: number, load: number])[]): Samples =>
  given.reduce((samples, [second, load]) => added(samples, sample(load), second * 1000), NO_SAMPLES);

test('there is a value a second, and nothing where nothing was heard', () => {
  expect(of([10, 1], [11, 2], [14, 3]).values.loadAverage).toEqual([1, 2, null, null, 3]);
});

test('of several in a second the last counts, and one that comes late does not', () => {
  expect(of([10, 1], [10, 2], [9, 7]).values.loadAverage).toEqual([2]);
});

test('some minutes are kept, however long it goes on or was silent', () => {
  let samples = NO_SAMPLES;
  for (let second = 0; second < 2 * KEPT_SECONDS; second += 1) samples = added(samples, sample(second), second * 1000);
  expect(samples.values.loadAverage).toHaveLength(KEPT_SECONDS);
  expect(added(samples, sample(1), 1e12).values.loadAverage).toHaveLength(KEPT_SECONDS);
});

test('the newest is at the right, and the line breaks where nothing is known for long', () => {
  const box = { width: KEPT_SECONDS - 1, height: 10, most: 100 };
  expect(sparkline([0, 50, null, 100], box)).toBe('M296 10L297 5L299 0');
  expect(sparkline([50, ...Array.from({ length: 20 }, () => null), 200], box)).toBe('M278 5M299 0');
  expect(sparkline([], box)).toBe('');
  expect(sparkline([1], { ...box, most: 0 })).toBe('M299 10');
});

test('a line stays in its box', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })), { maxLength: KEPT_SECONDS }),
      (values) => {
        const path = sparkline(values, { width: 120, height: 24, most: largest(values) });
        for (const [, x, y] of path.matchAll(/[ML](\S+) (\S+?)(?=[ML]|$)/g)) {
          expect(Number(x)).toBeGreaterThanOrEqual(0);
          expect(Number(x)).toBeLessThanOrEqual(120);
          expect(Number(y)).toBeGreaterThanOrEqual(0);
          expect(Number(y)).toBeLessThanOrEqual(24);
        }
      },
    ),
  );
});
