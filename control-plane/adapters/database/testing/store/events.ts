/** What happened: observations with what tells of them, and the log with its numbers. */
import { describe, expect, test } from '@jest/globals';
import type { DatabaseStore } from '../../store.ts';
import { event, instance } from '../records.ts';
import type { Given } from './given.ts';

export function eventsContract(given: Given): void {
  describe('an observation', () => {
    test('is stored with what tells of it, in one piece', async () => {
      await given.store.observe(instance({ uid: 'seen', state: 'active' }), [
        event({ type: 'a' }),
        event({ type: 'b' }),
      ]);
      await given.store.observe(instance({ uid: 'seen', state: 'faulty' }), []);
      expect((await given.store.instances.get('seen'))?.state).toBe('faulty');
      expect((await given.store.events.after(0, {}, 10)).map(({ type }) => type)).toEqual(['a', 'b']);
    });

    test('is not stored by half', async () => {
      const untellable = event({ data: { number: 1n } });
      await expect(
        given.store.observe(instance({ uid: 'seen' }), [event({ type: 'a' }), untellable]),
      ).rejects.toThrow();
      expect(await given.store.instances.get('seen')).toBeUndefined();
      expect(await given.store.events.last()).toBe(0);
    });
  });

  describe('the event log', () => {
    test('numbers rise by the order of asking and are found by what is asked for', async () => {
      const lists = await Promise.all([
        given.store.events.append([event({ type: 'a' }), event({ type: 'b', tenant: 'other' })]),
        given.store.events.append([event({ type: 'c', tenant: null })]),
        given.store.events.append([event({ type: 'a', subject: { kind: 'Release', uid: 'r', name: 'n' } })]),
        given.store.events.append([]),
      ]);
      expect(lists.flat().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
      const after = async (...parameters: Parameters<DatabaseStore['events']['after']>) =>
        (await given.store.events.after(...parameters)).map(({ sequence }) => sequence);
      expect(await after(0, {}, 100)).toEqual([1, 2, 3, 4]);
      expect(await after(2, {}, 1)).toEqual([3]);
      expect(await after(0, { tenant: 'acme' }, 100)).toEqual([1, 4]);
      expect(await after(0, { types: ['b', 'c'] }, 100)).toEqual([2, 3]);
      expect(await after(0, { subjectUid: 'r' }, 100)).toEqual([4]);
      expect(await after(4, {}, 100)).toEqual([]);
      expect(await given.store.events.last()).toBe(4);
    });

    test('a number is never given twice, even when the newest events were removed', async () => {
      await given.store.events.append([event({ at: 1 }), event({ at: 1 })]);
      expect((await given.store.prune(given.time)).events).toBe(2);
      expect(await given.store.events.last()).toBe(0);
      const [next] = await given.store.events.append([event({ at: given.time })]);
      expect(next?.sequence).toBe(3);
    });
  });
}
