import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isoOf, localOf } from './local-time.ts';

test('a time goes through the input and back, to the second', () => {
  const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) });
  fc.assert(
    fc.property(time, (date) => {
      const iso = new Date(Math.floor(date.getTime() / 1000) * 1000).toISOString();
      // An hour that a zone has twice cannot be told apart in the input.
      if (new Date(localOf(iso)).getTimezoneOffset() !== new Date(iso).getTimezoneOffset()) return;
      expect(isoOf(localOf(iso))).toBe(iso);
    }),
  );
});

test('nothing is no time', () => {
  expect([localOf(undefined), isoOf(''), isoOf('yesterday')]).toEqual(['', undefined, undefined]);
});
