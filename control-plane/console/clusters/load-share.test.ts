import { expect, test } from '@jest/globals';
import { figure, loadShare, shareInWords } from './load-share.ts';

test.each([
  [31, 50, '62 %'],
  [70, 50, '140 %'],
  [0, 0, '0 %'],
  [3, 0, 'no instance'],
  [null, 50, 'no data'],
] as const)('%s asked of a capacity of %s is %s', (observed, capacity, expected) => {
  expect(shareInWords(loadShare({ observed, capacity }))).toBe(expected);
});

test('without a factor there is no load', () => {
  expect(loadShare(null)).toBeNull();
});

test.each([
  [0, '0'],
  [1.234, '1.23'],
  [31.46, '31.5'],
  [312.6, '313'],
  [1250, '1,250'],
])('%s reads %s', (value, expected) => {
  expect(figure(value)).toBe(expected);
});
