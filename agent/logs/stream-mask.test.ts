import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MASK, Masking } from './masking.ts';
import { StreamMask } from './stream-mask.ts';

function streamMask(...values: string[]): StreamMask {
  const masking = new Masking();
  masking.set('test', values);
  return new StreamMask(masking);
}

test('a value is found wherever it is cut, and what is none is not held back', () => {
  for (let cut = 0; cut <= 'swordfish'.length; cut += 1) {
    const mask = streamMask('swordfish');
    const pieces = [`a ${'swordfish'.slice(0, cut)}`, `${'swordfish'.slice(cut)} b`].map((piece) =>
      mask.write(Buffer.from(piece)).toString(),
    );
    expect(pieces.join('')).toBe(`a ${MASK} b`);
  }
  const mask = streamMask('swordfish');
  expect(mask.write(Buffer.from('name? ')).toString()).toBe('name? ');
  expect(mask.write(Buffer.from('sword')).toString()).toBe('');
  expect(mask.write(Buffer.from('s')).toString()).toBe('sword');
  expect(mask.end().toString()).toBe('s');
});

test('bytes that are no text come out as they came in', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const mask = streamMask('swördfish');
  const text = Buffer.concat([bytes, Buffer.from('swördfish'), bytes]);
  const out = Buffer.concat([mask.write(text.subarray(0, 260)), mask.write(text.subarray(260)), mask.end()]);
  expect(out).toEqual(Buffer.concat([bytes, Buffer.from(MASK), bytes]));
});

test('however a text is cut, it is masked as if it came whole', () => {
  const value = fc.stringMatching(/^[abü]{6,9}$/);
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 4 }),
      fc.array(fc.oneof(value, fc.stringMatching(/^[abcü]{0,5}$/)), { maxLength: 8 }),
      fc.array(fc.nat({ max: 60 }), { maxLength: 8 }),
      (values, between, cuts) => {
        const masking = new Masking();
        masking.set('test', values);
        const text = [...values, ...between].sort().join('');
        const bytes = Buffer.from(text);
        const mask = new StreamMask(masking);
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((to, index) => mask.write(bytes.subarray(at[index], to)));
        const whole = Buffer.concat([...pieces, mask.end()]);
        expect(whole.toString()).toBe(masking.apply(text));
      },
    ),
    { numRuns: 2000 },
  );
});
