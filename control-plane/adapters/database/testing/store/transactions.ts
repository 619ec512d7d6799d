/** Transactions: all or nothing, one after another. */
import { describe, expect, test } from '@jest/globals';
import { event, instance } from '../records.ts';
import { type Given, uids } from './given.ts';

export function transactionsContract(given: Given): void {
  describe('a transaction', () => {
    test('is all or nothing', async () => {
      const failure = new Error('no');
      await expect(
        given.store.transaction(async (repositories) => {
          await repositories.instances.save(instance({ uid: 'a' }));
          await repositories.events.append([event()]);
          expect(uids(await repositories.instances.find({}))).toEqual(['a']);
          throw failure;
        }),
      ).rejects.toBe(failure);
      expect(await given.store.instances.find({})).toEqual([]);
      expect(await given.store.events.last()).toBe(0);
      await expect(given.store.transaction(async () => 42)).resolves.toBe(42);
    });

    test('those outside see it only when it is done, and read meanwhile', async () => {
      await given.store.transaction(async (repositories) => {
        await repositories.instances.save(instance({ uid: 'a' }));
        expect(await given.store.instances.get('a')).toBeUndefined();
      });
      expect(await given.store.instances.get('a')).toBeDefined();
    });

    test('one at a given.time, in order of asking: nothing is lost between reading and writing', async () => {
      const order: number[] = [];
      await given.store.settings.save({ uid: 'count', value: 0 });
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          given.store.transaction(async ({ settings }) => {
            order.push(index);
            const value = (await settings.get('count'))?.value as number;
            await new Promise((resolve) => setImmediate(resolve));
            await settings.save({ uid: 'count', value: value + 1 });
          }),
        ),
      );
      expect((await given.store.settings.get('count'))?.value).toBe(20);
      expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    });

    test('a write beside it from within is refused instead of waiting for ever; an event is written behind it', async () => {
      let behind: Promise<unknown> = Promise.resolve();
      await given.store.transaction(async () => {
        await expect(given.store.instances.save(instance())).rejects.toMatchObject({ code: 'NESTED_WRITE' });
        await expect(given.store.transaction(async () => 1)).rejects.toMatchObject({ code: 'NESTED_WRITE' });
        behind = given.store.events.append([event()]);
      });
      await behind;
      expect(await given.store.events.last()).toBe(1);
    });

    test('its repositories end with it', async () => {
      const repositories = await given.store.transaction(async (given) => given);
      await expect(repositories.instances.save(instance())).rejects.toMatchObject({ code: 'TRANSACTION_OVER' });
    });
  });
}
