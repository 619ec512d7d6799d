import { expect, test } from '@jest/globals';
import type { Columns } from './columns.ts';
import { formatStep, readingsOf } from './readout.ts';

const AT = Date.parse('2026-11-30T10:00:00Z') / 1_000;

function columns(step: number, more: Partial<Columns['lines']> = {}): Columns {
  const none = [null, null];
  return {
    step,
    times: [AT, AT + 30],
    past: 1,
    lines: {
      ...{ demand: [4.25, null], peak: none, ready: [14, null], coming: [14, 21], target: [21, 21] },
      ...{ forecast: [null, 9], low: [null, 8], high: [null, 10] },
      ...more,
    },
    instances: { ready: [2], starting: [1], wanted: [3] },
  };
}

test('a second of the past is read with its values in their units', () => {
  expect(readingsOf(columns(1), 0, 'loadAverage', 'UTC')).toEqual({
    time: '30 Nov, 10:00:00',
    readings: [
      { name: 'Load average', value: '4.25 %' },
      { name: 'Ready', value: '2 instances, 14 %' },
      { name: 'Starting', value: '1 instance' },
      { name: 'Wanted', value: '3 instances, 21 %' },
    ],
  });
});

test('a longer step is read with its mean and its most', () => {
  const { time, readings } = readingsOf(columns(60, { peak: [7, null] }), 0, 'requestsPerSecond', 'UTC');
  expect(time).toBe('30 Nov, 10:00:00 and the 1 min from there');
  expect(readings.slice(0, 2)).toEqual([
    { name: 'Requests per second, mean', value: '4.25/s' },
    { name: 'Most', value: '7/s' },
  ]);
});

test('what is ahead is read with its error', () => {
  expect(readingsOf(columns(1), 1, 'requestsInFlight', 'UTC')).toEqual({
    time: '30 Nov, 10:00:30 (ahead)',
    readings: [
      { name: 'Forecast', value: '9 ± 1' },
      { name: 'Capacity, ready and starting', value: '21' },
      { name: 'Target', value: '21' },
    ],
  });
});

test('of a gap nothing is said', () => {
  const gap = {
    ...columns(1, { demand: [null, null], ready: [null, null] }),
    instances: { ready: [null], starting: [null], wanted: [null] },
  };
  expect(readingsOf(gap, 0, 'requestsInFlight', 'UTC').readings).toEqual([]);
});

test.each([
  [1, '1 s'],
  [30, '30 s'],
  [300, '5 min'],
  [3_600, '1 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatStep(seconds)).toBe(text);
});
