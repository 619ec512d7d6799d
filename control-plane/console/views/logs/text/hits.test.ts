import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { piecesOf } from './ansi.ts';
import { hitsOf, marked } from './hits.ts';

const hits = (line: string, wanted: string): string[] =>
  marked(piecesOf(line), wanted).flatMap(({ text, isHit }) => (isHit ? [text] : []));

test('a text is found wherever it stands, upper and lower case being equal', () => {
  expect(hits('Payment failed: PAYMENT', 'payment')).toEqual(['Payment', 'PAYMENT']);
  expect(hits('nothing', 'payment')).toEqual([]);
  expect(hits('nothing', '')).toEqual([]);
});

test('it is a text, and no expression', () => {
  expect(hits('a.c abc (a+)+$', 'a.c')).toEqual(['a.c']);
  expect(hits('(a+)+$', '(A+)+$')).toEqual(['(a+)+$']);
});

test('it is found over changes of colour', () => {
  expect(hits('pay\u001b[31mment\u001b[0m', 'payment')).toEqual(['pay', 'ment']);
});

test('a line full of it has some hundred marks and no more', () => {
  expect(hitsOf('e'.repeat(5000), 'e')).toHaveLength(100);
});

test('marks divide the line, and change nothing of its text and looks', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '\u001b[31m', '\u001b[32m'), { maxLength: 30 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.stringMatching(/^[ab]{0,3}$/), (line, wanted) => {
      const pieces = piecesOf(line);
      const found = marked(pieces, wanted);
      expect(found.map((each) => each.text).join('')).toBe(pieces.map((each) => each.text).join(''));
      for (const each of found) expect(each.text).not.toBe('');
      const styles = (all: readonly { text: string; style: object }[]) =>
        all.flatMap((each) => [...each.text].map(() => JSON.stringify(each.style)));
      expect(styles(found)).toEqual(styles(pieces));
    }),
  );
});
