/** Idempotency keys: work is done once, and answered the same. */
import { describe, expect, test } from '@jest/globals';
import { instance } from '../records.ts';
import { type Given, once } from './given.ts';

export function idempotencyContract(given: Given): void {
  describe('an idempotency key', () => {
    test('is worked on once, and answers the same: at once, later, and after a restart', async () => {
      let runs = 0;
      const work = async () => {
        runs += 1;
        await given.store.instances.save(instance({ uid: `run-${runs}` }));
        return { run: runs, at: new Date(0), gone: undefined };
      };
      const answers = await Promise.all([1, 2, 3].map(() => once(given.store, 'token', 'key', work)));
      answers.push(await once(given.store, 'token', 'key', work));
      await given.store.close();
      const again = await given.fixture.open({ now: () => given.time });
      answers.push(await once(again, 'token', 'key', work));
      expect(runs).toBe(1);
      for (const answer of answers) expect(answer).toEqual({ run: 1, at: '1970-01-01T00:00:00.000Z' });
    });

    test('belongs to its scope', async () => {
      expect(await once(given.store, 'a', 'bc', async () => 1)).toBe(1);
      expect(await once(given.store, 'ab', 'c', async () => 2)).toBe(2);
      expect(await once(given.store, 'a', 'bc', async () => 3)).toBe(1);
      expect(await once(given.store, 'a\0', 'key\ud800', async () => undefined)).toBeUndefined();
      expect(await once(given.store, 'a\0', 'key\ud800', async () => 4)).toBeUndefined();
    });

    test('is answered by the transaction that makes it so, whatever comes after it', async () => {
      // The work of a program that ends right after its transaction never comes to its end.
      const cutShort = Promise.withResolvers<void>();
      const committed = Promise.withResolvers<void>();
      void once(given.store, 's', 'k', async () => {
        await given.store.transaction(async (tx) => {
          await tx.instances.save(instance({ uid: 'made' }));
          await tx.answer('made');
        });
        committed.resolve();
        await cutShort.promise;
      });
      await committed.promise;
      const again = await given.fixture.open({ now: () => given.time });
      expect(await once(again, 's', 'k', async () => 'made twice')).toBe('made');
      expect(await again.idempotent({ scope: 's', key: 'k', asked: 'other' }, async () => 1)).toEqual({
        asked: 'this',
        result: 'made',
      });
      cutShort.resolve();
    });

    test('keeps no answer of a transaction that was rolled back, nor of work that fails after it', async () => {
      const rolledBack = async () =>
        given.store.transaction(async (tx) => {
          await tx.answer('no');
          throw new Error('rolled back');
        });
      await expect(once(given.store, 's', 'k', rolledBack)).rejects.toThrow('rolled back');
      const failingAfter = async () => {
        await given.store.transaction((tx) => tx.answer('no'));
        throw new Error('what had to follow failed');
      };
      await expect(once(given.store, 's', 'k', failingAfter)).rejects.toThrow('had to follow');
      expect(await once(given.store, 's', 'k', async () => 'yes')).toBe('yes');
    });

    test('an answer outside of such work is nobody’s', async () => {
      await given.store.transaction((tx) => tx.answer('whose'));
      expect(await once(given.store, 's', 'k', async () => 'yes')).toBe('yes');
    });

    test('nothing is kept of work that failed', async () => {
      const failing = () => Promise.reject(new Error('no'));
      const both = await Promise.allSettled([
        once(given.store, 's', 'k', failing),
        once(given.store, 's', 'k', failing),
      ]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(await once(given.store, 's', 'k', async () => 'yes')).toBe('yes');
    });

    test('is forgotten after a day', async () => {
      await once(given.store, 's', 'k', async () => 1);
      given.time += 24 * 3600 * 1000 - 1;
      expect(await once(given.store, 's', 'k', async () => 2)).toBe(1);
      given.time += 1;
      expect(await once(given.store, 's', 'k', async () => 2)).toBe(2);
    });
  });
}
