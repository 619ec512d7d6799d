import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { table } from './table.ts';
import { cut, padded, textWidth } from './width.ts';

const TITLES = ['NAME', 'UID', 'WHY'];
const ROWS = [
  ['web', '01instance00000001', 'the demand of the last minute is 40 over 65 each'],
  ['a-long-name-of-one', '01instance00000002', 'nothing to do'],
];

describe('a table', () => {
  test('has its columns under their titles, and no space at the end of a line', () => {
    expect(table(TITLES, ROWS).split('\n')).toEqual([
      'NAME                UID                 WHY',
      'web                 01instance00000001  the demand of the last minute is 40 over 65 each',
      'a-long-name-of-one  01instance00000002  nothing to do',
    ]);
  });

  test('is cut to the width where texts are, never in names and uids', () => {
    const lines = table(TITLES, ROWS, 60).split('\n');
    expect(lines[1]).toBe('web                 01instance00000001  the demand of the l…');
    expect(lines.every((line) => textWidth(line) <= 60)).toBe(true);
    expect(table(TITLES, ROWS, 10)).toContain('a-long-name-of-one  01instance00000002  nothing to…');
  });

  test('the widest text gives first', () => {
    const [, row] = table(
      ['A', 'B'],
      [['one two three four five', 'six seven eight nine ten eleven twelve']],
      50,
    ).split('\n');
    expect(row).toBe('one two three four five  six seven eight nine ten…');
  });

  test('is as wide as allowed at most, as far as its names allow', () => {
    const cell = fc.oneof(
      fc.constant('name'),
      fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => `x ${text}`),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 46, max: 90 }),
        (rows, width) => {
          const clean = rows.map((row) => row.map((text) => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')));
          for (const line of table(TITLES, clean, width).split('\n'))
            expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

test.each([
  ['abc', 3],
  ['日本', 4],
  ['e\u0301', 1],
  ['👩‍💻', 2],
  ['한글', 4],
  ['ﾊﾝ', 2],
  ['', 0],
])('%s takes %d columns', (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test('a wide character is cut off whole', () => {
  expect(cut('日本語', 4)).toBe('日…');
  expect(padded('日本', 6)).toBe('日本  ');
});
