import { expect, test } from '@jest/globals';
import { decidingFactor, quantityOf } from './factors.ts';
import { formatFigure, formatMoment, formatTicks, formatTimes } from './format.ts';

test.each([
  [0, '0'],
  [0.03124, '0.031'],
  [0.00002, '2.0e-5'],
  [1.5, '1.5'],
  [12.346, '12.35'],
  [345.678, '345.7'],
  [12_345.6, '12,346'],
])('%d is written as %s', (value, text) => {
  expect(formatFigure(value)).toBe(text);
});

test('ticks have as many digits as tell them apart', () => {
  expect(formatTicks([0, 1, 2], '')).toEqual(['0', '1', '2']);
  expect(formatTicks([0, 0.5, 1], ' %')).toEqual(['0.0 %', '0.5 %', '1.0 %']);
  expect(formatTicks([0, 0.025, 0.05], '')).toEqual(['0.000', '0.025', '0.050']);
  expect(formatTicks([0, 5_000, 10_000], '/s')).toEqual(['0k/s', '5k/s', '10k/s']);
  expect(formatTicks([0, 20_000_000], '')).toEqual(['0M', '20M']);
  expect(formatTicks([], '')).toEqual([]);
});

const at = (text: string): number => Date.parse(text) / 1_000;

test('times are as fine as they are apart, and say the day where it changes', () => {
  const from = at('2026-11-30T23:59:30Z');
  expect(formatTimes([from, from + 15, from + 30], 'UTC')).toEqual(['23:59:30\n30 Nov', '23:59:45', '00:00:00\n1 Dec']);
  expect(formatTimes([from, from + 3_600], 'UTC')).toEqual(['23:59\n30 Nov', '00:59\n1 Dec']);
  expect(formatTimes([from, from + 86_400], 'UTC')).toEqual(['30 Nov', '1 Dec']);
  expect(formatTimes([], 'UTC')).toEqual([]);
  expect(formatMoment(from, 'UTC')).toBe('30 Nov, 23:59:30');
});

test('what is not known is shown by its name', () => {
  expect(quantityOf('loadAverage')).toEqual({ title: 'Load average', unit: ' %' });
  expect(quantityOf('app-orders')).toEqual({ title: 'orders', unit: '' });
  expect(quantityOf('other')).toEqual({ title: 'other', unit: '' });
});

test('the factor of which the most instances are needed decides', () => {
  const factor = (name: string, predicted: number | null, target: number, base = 0) => ({
    ...{ name, target, base },
    forecast: predicted === null ? null : { predicted },
  });
  expect(decidingFactor([factor('a', 70, 70), factor('b', 5, 2)])).toBe('b');
  expect(decidingFactor([factor('a', 70, 70, 50), factor('b', 5, 2)])).toBe('a');
  expect(decidingFactor([factor('a', null, 70), factor('b', null, 2)])).toBe('a');
  expect(decidingFactor([])).toBeNull();
});
