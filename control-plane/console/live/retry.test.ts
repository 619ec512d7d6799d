import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { retryMilliseconds } from './retry.ts';

test('a connection is made again at once at first, and after eight seconds at most', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (retries, chance) => {
      const wait = retryMilliseconds(retries, () => chance);
      expect(wait).toBeGreaterThanOrEqual(50);
      expect(wait).toBeLessThanOrEqual(Math.min(8_000, 250 * 2 ** Math.min(retries, 16)));
    }),
  );
});

test('pages that lost their connection together do not come back together', () => {
  expect(retryMilliseconds(5, () => 0.1)).not.toBe(retryMilliseconds(5, () => 0.9));
});
