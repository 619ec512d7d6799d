import { expect, test } from '@jest/globals';
import { relative, span } from './relative.ts';

test.each([
  [0, '0 s'],
  [45.4, '45 s'],
  [60, '1 min'],
  [150, '2 min'],
  [3_600, '1 h'],
  [7_500, '2 h 5 min'],
  [39_900, '11 h'],
  [90_000, '1 d 1 h'],
  [864_000, '10 d'],
])('%d seconds are "%s"', (seconds, text) => {
  expect(span(seconds)).toBe(text);
});

test('what was and what will be are told apart', () => {
  expect(relative(1_000, 1_400)).toBe('just now');
  expect(relative(0, 180_000)).toBe('3 min ago');
  expect(relative(7_200_000, 0)).toBe('in 2 h');
  expect(relative(Number.NaN, 0)).toBe('unknown');
});
