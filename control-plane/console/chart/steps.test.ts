import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keptFrom, MOST_POINTS_OF_ANSWER, questionsOf, stepFor } from './steps.ts';

const NOW = 1_800_000_000;
const HOUR = 3_600;
const DAY = 24 * HOUR;

test.each([
  ['two minutes, now', 120, 0, 1],
  ['fifteen minutes, now', 900, 0, 1],
  ['the whole of the last hour', HOUR, 0, 10],
  ['two minutes of yesterday', 120, DAY, 10],
  ['a day', DAY, 0, 120],
  ['a week', 7 * DAY, 0, 600],
  ['two minutes of three weeks ago', 120, 21 * DAY, 60],
  ['two minutes of last year', 120, 200 * DAY, 3_600],
])('%s is asked for in steps that are kept and fit a screen', (_, span, ago, step) => {
  const to = NOW - ago;
  expect(stepFor({ from: to - span, to }, NOW, 1_200)).toBe(step);
});

test('a step is never finer than what is kept of the time, nor coarser than it must be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 120, max: 7 * DAY }), fc.integer({ min: 0, max: 100 * DAY }), (span, ago) => {
      const from = NOW - ago - span;
      const step = stepFor({ from, to: from + span }, NOW, 1_200);
      expect(from).toBeGreaterThanOrEqual(keptFrom(step, NOW));
      if (step < 3_600) expect(span / step).toBeLessThanOrEqual(1_200);
    }),
  );
});

test('a long span is asked for in several questions that follow each other, on whole steps', () => {
  const questions = questionsOf({ from: 1_005, to: 60_001 }, 10);
  expect(questions).toHaveLength(3);
  expect(questions[0]!.from).toBe(1_000);
  expect(questions.at(-1)!.to).toBe(60_010);
  for (const [index, { from, to }] of questions.entries()) {
    expect((to - from) / 10).toBeLessThanOrEqual(MOST_POINTS_OF_ANSWER);
    if (index > 0) expect(from).toBe(questions[index - 1]!.to);
  }
  expect(questionsOf({ from: 5, to: 5 }, 1)).toEqual([]);
});
