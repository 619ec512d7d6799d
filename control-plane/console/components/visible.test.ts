import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { visible } from './visible.ts';

test.each([
  ['\x1b[1;31merror\x1b[0m', 'error'],
  ['a\tb\r', 'a    b'],
  ['50 %\r100 %', '50 %<U+000D>100 %'],
  ['\x1b]0;title\x07', '<U+001B>]0;title<U+0007>'],
  ['user‮gpj.exe', 'user<U+202E>gpj.exe'],
  ['two\nlines', 'two\nlines'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('nothing that is shown steers anything', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visible(text)).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
