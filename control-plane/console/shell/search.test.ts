import { expect, test } from '@jest/globals';
import { numberIn, textsIn } from './search.ts';

test('texts are taken from the address, whatever they look like', () => {
  expect(textsIn({ a: 'x', b: 12, c: '', d: { e: 1 }, f: null }, ['a', 'b', 'c', 'd', 'f', 'g'])).toEqual({
    a: 'x',
    b: '12',
  });
});

test('numbers that are none are not there', () => {
  expect([3, '4', 0, -1, 1.5, 'x', undefined, {}].map((from) => numberIn({ from }, 'from'))).toEqual([
    3,
    4,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
