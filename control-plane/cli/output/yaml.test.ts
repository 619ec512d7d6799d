import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { toYaml } from './yaml.ts';

test('what steers a terminal is escaped where an escape is one', () => {
  const value = { 'a\u202eb': ['plain\u202etext', 'bell\u0007', 'c1 \u009b2J', 'line\u2028end', 'two\nlines'] };
  const text = toYaml(value);
  expect(text).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]/u);
  expect(parse(text)).toEqual(value);
});

test('whatever it is, it reads back as it was and steers nothing', () => {
  const piece = fc.constantFrom(
    '\u202e',
    '\u0085',
    '\u009b',
    '\ufeff',
    '\u2028',
    ' ',
    '\n',
    '"',
    "'",
    '\\',
    ':',
    '#',
    '-',
  );
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 10 }),
    fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 12 }).map((parts) => parts.join('')),
  );
  const key = text.filter((name) => name !== '__proto__');
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.integer())), (value) => {
      const written = toYaml(value);
      expect(written).not.toMatch(/(?![\n\t])\p{Cc}|\p{Bidi_Control}/u);
      expect(parse(written)).toEqual({ ...value });
    }),
    { numRuns: 3000 },
  );
});
