/** The lease, whose number says who may write. */
import { describe, expect, test } from '@jest/globals';
import { event, instance } from '../records.ts';
import { type Given, once, uids } from './given.ts';

export function leaseContract(given: Given): void {
  describe('the lease', () => {
    test('each holder gets a higher number, and only the last one writes', async () => {
      const other = await given.fixture.open();
      expect(await given.store.currentFence()).toBe(0);
      await other.instances.save(instance({ uid: 'before' }));
      const first = await given.store.acquireLease('first');
      expect(first).toBeGreaterThan(0);
      await given.store.instances.save(instance({ uid: 'a' }));
      const second = await other.acquireLease('second');
      expect(second).toBeGreaterThan(first);
      await other.instances.save(instance({ uid: 'b' }));

      const refused = { code: 'FENCED' };
      await expect(given.store.instances.save(instance({ uid: 'c' }))).rejects.toMatchObject(refused);
      await expect(given.store.instances.delete('a')).rejects.toMatchObject(refused);
      await expect(given.store.events.append([event()])).rejects.toMatchObject(refused);
      await expect(given.store.transaction(async () => 1)).rejects.toMatchObject(refused);
      await expect(once(given.store, 's', 'k', async () => 1)).rejects.toMatchObject(refused);
      expect(await given.store.currentFence()).toBe(second);
      expect(uids(await given.store.instances.find({}))).toEqual(['a', 'b', 'before']);

      expect(await given.store.acquireLease('first')).toBeGreaterThan(second);
      await given.store.instances.save(instance({ uid: 'd' }));
      await expect(other.instances.save(instance())).rejects.toMatchObject(refused);
    });

    test('who opens the database without taking the lease is fenced by whoever takes it', async () => {
      await given.store.acquireLease('first');
      const other = await given.fixture.open();
      await other.settings.save({ uid: 'x', value: 1 });
      await given.store.acquireLease('first');
      await expect(other.settings.save({ uid: 'x', value: 2 })).rejects.toMatchObject({ code: 'FENCED' });
    });

    test('the number survives a restart', async () => {
      const fence = await given.store.acquireLease('first');
      await given.store.close();
      const again = await given.fixture.open();
      expect(await again.currentFence()).toBe(fence);
      expect(await again.acquireLease('first')).toBeGreaterThan(fence);
    });
  });
}
