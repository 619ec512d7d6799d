import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planShelf } from './plan.ts';

const of = (digest: string, bytes: number) => ({ digest, bytes });

test('the most wanted that fit are kept, what is not wanted goes, and what finds no room is told', () => {
  const wanted = [of('a', 4), of('b', 7), of('c', 5), of('a', 4)];
  expect(planShelf(new Set(['c', 'old']), wanted, 10)).toEqual({ fetch: [of('a', 4)], drop: ['old'], left: ['b'] });
});

test('once it is done there is nothing more to do, and never more on the shelf than may be', () => {
  const artifact = fc.record({ digest: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.nat(10) });
  const listed = fc.uniqueArray(artifact, { selector: ({ digest }) => digest });
  fc.assert(
    fc.property(listed, fc.uniqueArray(fc.constantFrom('a', 'b', 'x')), fc.nat(30), (wanted, there, most) => {
      const held = new Set<string>(there);
      const { fetch, drop } = planShelf(held, wanted, most);
      for (const digest of drop) held.delete(digest);
      for (const { digest } of fetch) held.add(digest);
      const bytes = wanted.filter(({ digest }) => held.has(digest)).reduce((sum, one) => sum + one.bytes, 0);
      expect(bytes).toBeLessThanOrEqual(most);
      expect(planShelf(held, wanted, most)).toMatchObject({ fetch: [], drop: [] });
    }),
  );
});
