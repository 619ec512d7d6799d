import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { editDistance, nearest, suggestion } from './suggest.ts';

test('swapped neighbours count as one change', () => {
  expect(editDistance('alais', 'alias')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
});

test('the distance is symmetric, and zero only between equal words', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

test('a word that is like none of the candidates has no nearest one', () => {
  expect(nearest('colour', ['alias', 'cartridge'])).toBeUndefined();
  expect(nearest('Alias', ['alias', 'cartridge'])).toBe('alias');
});

test('without a near word the known ones are listed', () => {
  expect(suggestion('zzz', ['b', 'a'])).toBe('; known here: a, b');
  expect(suggestion('zzz', [])).toBe('');
});
