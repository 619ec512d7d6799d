import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { differences, pathText, valueText } from './json-difference.ts';

test('only what is different is told, with its path', () => {
  const before = { a: 1, environment: { X: '1', Y: '2' }, start: ['a'], logs: [{ name: 'x', path: 'p' }] };
  const after = { environment: { Y: '3', Z: '4' }, a: 1, start: ['a', 'b'], logs: [{ name: 'x', path: 'q' }] };
  expect(differences(before, after).map(({ path, ...values }) => [pathText(path), values])).toEqual([
    ['environment.X', { before: '1', after: undefined }],
    ['environment.Y', { before: '2', after: '3' }],
    ['environment.Z', { before: undefined, after: '4' }],
    ['start', { before: ['a'], after: ['a', 'b'] }],
    ['logs[0].path', { before: 'p', after: 'q' }],
  ]);
});

test('what is equal is not different, in whatever order it is written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(differences(value, structuredClone(value))).toEqual([]);
    }),
  );
  expect(differences({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual([]);
});

test('of two values that differ at least one difference is told', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b) && !(typeof a === 'object' && typeof b === 'object'));
      // The JSON of -0 is that of 0.
      fc.pre(!(a === 0 && b === 0));
      expect(differences(a, b).length).toBeGreaterThan(0);
    }),
  );
});

test('values are said so that they can be read', () => {
  expect([undefined, 'a b', 1, null, { a: [1, 2] }].map(valueText)).toEqual([
    'not set',
    'a b',
    '1',
    'null',
    '{ "a": [ 1, 2 ] }',
  ]);
});
