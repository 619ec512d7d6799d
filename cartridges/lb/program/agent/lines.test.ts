import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Lines } from './lines.ts';

test('gives the same lines however the bytes are cut', () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => /^[^\s]+$/.test(text));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (texts, sizes) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      const lines = new Lines(1000);
      const got: string[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length]!;
        got.push(...lines.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(got).toEqual(texts);
    }),
  );
});

test('stops at a line that is too long, and keeps nothing of it', () => {
  const lines = new Lines(10);
  expect(lines.push(Buffer.from('short\nfar too long to keep'))).toEqual(['short']);
  expect(lines.isTooLong).toBe(true);
  expect(lines.push(Buffer.from('\nshort\n'))).toEqual([]);
});
