/** What the store promises on every database, as tests. A driver passes by running them with its fixture. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReleaseRecord } from '../../../app/records.ts';
import type { DatabaseStore, StoreOptions } from '../store.ts';
import { event, instance } from './records.ts';
import * as records from './records.ts';

/** An empty database of its own for one test. */
export interface StoreFixture {
  /** A store on it; several may be open at once. Closed with the fixture, if not before. */
  open(options?: StoreOptions): Promise<DatabaseStore>;
  close(): Promise<void>;
}

/** Idempotent work, its answer alone. */
async function once<T>(store: DatabaseStore, scope: string, key: string, work: () => Promise<T>): Promise<T> {
  return (await store.idempotent({ scope, key, asked: 'this' }, work)).result;
}

const uids = (list: readonly { readonly uid: string }[]) => list.map(({ uid }) => uid);

export function describeStore(name: string, make: () => Promise<StoreFixture>): void {
  describe(`the store on ${name} keeps the contract:`, () => {
    let fixture: StoreFixture;
    let store: DatabaseStore;
    let time = 0;
    beforeEach(async () => {
      fixture = await make();
      time = 1_800_000_000_000;
      store = await fixture.open({ now: () => time });
    });
    afterEach(() => fixture.close());

    describe('finding', () => {
      const saved = [
        instance({ uid: 'a', state: 'active', tenant: 'acme', cause: null, port: 1 }),
        instance({ uid: 'b', state: 'faulty', tenant: 'acme', cause: 'x', port: 2 }),
        instance({ uid: 'c', state: 'active', tenant: 'other', cause: 'y', port: 2, unreachable: true }),
        instance({ uid: 'd', state: 'starting', tenant: 'acme', cause: null, port: null }),
      ];
      beforeEach(async () => {
        await Promise.all([...saved].reverse().map((record) => store.instances.save(record)));
      });

      test.each([
        ['everything, in order of uid', {}, ['a', 'b', 'c', 'd']],
        ['by one field', { tenant: 'acme' }, ['a', 'b', 'd']],
        ['by several fields', { tenant: 'acme', state: 'active' as const }, ['a']],
        ['one of several values', { state: ['faulty', 'starting'] as const }, ['b', 'd']],
        ['null', { cause: null }, ['a', 'd']],
        ['null or a value', { cause: [null, 'y'] }, ['a', 'c', 'd']],
        ['one of no values: nothing', { state: [] }, []],
        ['a flag', { unreachable: true }, ['c']],
        ['a number', { port: 2 }, ['b', 'c']],
        ['a field that is not asked about', { tenant: undefined, port: 1 }, ['a']],
        ['quotes and wildcards are plain text', { tenant: "a' or '1'='1" }, []],
      ])('%s', async (_name, filter, expected) => {
        expect(uids(await store.instances.find(filter))).toEqual(expected);
      });

      test.each([
        [{ limit: 2 }, ['a', 'b']],
        [{ after: 'b' }, ['c', 'd']],
        [{ after: 'a', limit: 1 }, ['b']],
        [{ newestFirst: true }, ['d', 'c', 'b', 'a']],
        [{ newestFirst: true, after: 'c', limit: 1 }, ['b']],
        [{ limit: 0 }, []],
        [{ after: 'd' }, []],
      ])('page %j', async (page, expected) => {
        expect(uids(await store.instances.find({}, page))).toEqual(expected);
      });

      test('pages joined together are the whole list, whatever the uids', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }).filter((uid) => !uid.includes('\0'))),
            fc.integer({ min: 1, max: 4 }),
            fc.boolean(),
            async (names, limit, newestFirst) => {
              await Promise.all(names.map((uid) => store.settings.save({ uid, value: 1 })));
              const joined: string[] = [];
              for (;;) {
                const after = joined.at(-1);
                const page = await store.settings.find(
                  {},
                  { limit, newestFirst, ...(after === undefined ? {} : { after }) },
                );
                joined.push(...uids(page));
                if (page.length < limit) break;
              }
              expect(joined).toEqual(uids(await store.settings.find({}, { newestFirst })));
              expect([...joined].sort()).toEqual([...names].sort());
              await Promise.all(names.map((uid) => store.settings.delete(uid)));
            },
          ),
          { numRuns: 20 },
        );
      });

      test.each([[{ inventory: { a: 1 } }], [{ nonsense: 1 }], [{ tenant: { $ne: null } }], [{ constructor: 'x' }]])(
        'the filter %j is refused by field',
        async (filter: object) => {
          await expect(store.instances.find(filter as never)).rejects.toMatchObject({
            code: 'INVALID',
            field: Object.keys(filter)[0],
          });
        },
      );
    });

    test('two objects of one name are a conflict, and the write beside it goes through', async () => {
      const [one] = fc.sample(records.applications, 1);
      if (one === undefined) throw new Error('no sample');
      await store.applications.save({ ...one, uid: 'one', tenant: 'acme', name: 'shop' });
      const results = await Promise.allSettled([
        store.instances.save(instance({ uid: 'before' })),
        store.applications.save({ ...one, uid: 'two', tenant: 'acme', name: 'shop' }),
        store.instances.save(instance({ uid: 'behind' })),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(results[1]).toMatchObject({ reason: { code: 'CONFLICT' } });
      expect(uids(await store.instances.find({}))).toEqual(['before', 'behind']);
    });

    describe('an observation', () => {
      test('is stored with what tells of it, in one piece', async () => {
        await store.observe(instance({ uid: 'seen', state: 'active' }), [event({ type: 'a' }), event({ type: 'b' })]);
        await store.observe(instance({ uid: 'seen', state: 'faulty' }), []);
        expect((await store.instances.get('seen'))?.state).toBe('faulty');
        expect((await store.events.after(0, {}, 10)).map(({ type }) => type)).toEqual(['a', 'b']);
      });

      test('is not stored by half', async () => {
        const untellable = event({ data: { number: 1n } });
        await expect(store.observe(instance({ uid: 'seen' }), [event({ type: 'a' }), untellable])).rejects.toThrow();
        expect(await store.instances.get('seen')).toBeUndefined();
        expect(await store.events.last()).toBe(0);
      });
    });

    describe('the event log', () => {
      test('numbers rise by the order of asking and are found by what is asked for', async () => {
        const lists = await Promise.all([
          store.events.append([event({ type: 'a' }), event({ type: 'b', tenant: 'other' })]),
          store.events.append([event({ type: 'c', tenant: null })]),
          store.events.append([event({ type: 'a', subject: { kind: 'Release', uid: 'r', name: 'n' } })]),
          store.events.append([]),
        ]);
        expect(lists.flat().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
        const after = async (...parameters: Parameters<DatabaseStore['events']['after']>) =>
          (await store.events.after(...parameters)).map(({ sequence }) => sequence);
        expect(await after(0, {}, 100)).toEqual([1, 2, 3, 4]);
        expect(await after(2, {}, 1)).toEqual([3]);
        expect(await after(0, { tenant: 'acme' }, 100)).toEqual([1, 4]);
        expect(await after(0, { types: ['b', 'c'] }, 100)).toEqual([2, 3]);
        expect(await after(0, { subjectUid: 'r' }, 100)).toEqual([4]);
        expect(await after(4, {}, 100)).toEqual([]);
        expect(await store.events.last()).toBe(4);
      });

      test('a number is never given twice, even when the newest events were removed', async () => {
        await store.events.append([event({ at: 1 }), event({ at: 1 })]);
        expect((await store.prune(time)).events).toBe(2);
        expect(await store.events.last()).toBe(0);
        const [next] = await store.events.append([event({ at: time })]);
        expect(next?.sequence).toBe(3);
      });
    });

    describe('a transaction', () => {
      test('is all or nothing', async () => {
        const failure = new Error('no');
        await expect(
          store.transaction(async (repositories) => {
            await repositories.instances.save(instance({ uid: 'a' }));
            await repositories.events.append([event()]);
            expect(uids(await repositories.instances.find({}))).toEqual(['a']);
            throw failure;
          }),
        ).rejects.toBe(failure);
        expect(await store.instances.find({})).toEqual([]);
        expect(await store.events.last()).toBe(0);
        await expect(store.transaction(async () => 42)).resolves.toBe(42);
      });

      test('those outside see it only when it is done, and read meanwhile', async () => {
        await store.transaction(async (repositories) => {
          await repositories.instances.save(instance({ uid: 'a' }));
          expect(await store.instances.get('a')).toBeUndefined();
        });
        expect(await store.instances.get('a')).toBeDefined();
      });

      test('one at a time, in order of asking: nothing is lost between reading and writing', async () => {
        const order: number[] = [];
        await store.settings.save({ uid: 'count', value: 0 });
        await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            store.transaction(async ({ settings }) => {
              order.push(index);
              const value = (await settings.get('count'))?.value as number;
              await new Promise((resolve) => setImmediate(resolve));
              await settings.save({ uid: 'count', value: value + 1 });
            }),
          ),
        );
        expect((await store.settings.get('count'))?.value).toBe(20);
        expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
      });

      test('a write beside it from within is refused instead of waiting for ever; an event is written behind it', async () => {
        let behind: Promise<unknown> = Promise.resolve();
        await store.transaction(async () => {
          await expect(store.instances.save(instance())).rejects.toMatchObject({ code: 'NESTED_WRITE' });
          await expect(store.transaction(async () => 1)).rejects.toMatchObject({ code: 'NESTED_WRITE' });
          behind = store.events.append([event()]);
        });
        await behind;
        expect(await store.events.last()).toBe(1);
      });

      test('its repositories end with it', async () => {
        const repositories = await store.transaction(async (given) => given);
        await expect(repositories.instances.save(instance())).rejects.toMatchObject({ code: 'TRANSACTION_OVER' });
      });
    });

    describe('the lease', () => {
      test('each holder gets a higher number, and only the last one writes', async () => {
        const other = await fixture.open();
        expect(await store.currentFence()).toBe(0);
        await other.instances.save(instance({ uid: 'before' }));
        const first = await store.acquireLease('first');
        expect(first).toBeGreaterThan(0);
        await store.instances.save(instance({ uid: 'a' }));
        const second = await other.acquireLease('second');
        expect(second).toBeGreaterThan(first);
        await other.instances.save(instance({ uid: 'b' }));

        const refused = { code: 'FENCED' };
        await expect(store.instances.save(instance({ uid: 'c' }))).rejects.toMatchObject(refused);
        await expect(store.instances.delete('a')).rejects.toMatchObject(refused);
        await expect(store.events.append([event()])).rejects.toMatchObject(refused);
        await expect(store.transaction(async () => 1)).rejects.toMatchObject(refused);
        await expect(once(store, 's', 'k', async () => 1)).rejects.toMatchObject(refused);
        expect(await store.currentFence()).toBe(second);
        expect(uids(await store.instances.find({}))).toEqual(['a', 'b', 'before']);

        expect(await store.acquireLease('first')).toBeGreaterThan(second);
        await store.instances.save(instance({ uid: 'd' }));
        await expect(other.instances.save(instance())).rejects.toMatchObject(refused);
      });

      test('who opens the database without taking the lease is fenced by whoever takes it', async () => {
        await store.acquireLease('first');
        const other = await fixture.open();
        await other.settings.save({ uid: 'x', value: 1 });
        await store.acquireLease('first');
        await expect(other.settings.save({ uid: 'x', value: 2 })).rejects.toMatchObject({ code: 'FENCED' });
      });

      test('the number survives a restart', async () => {
        const fence = await store.acquireLease('first');
        await store.close();
        const again = await fixture.open();
        expect(await again.currentFence()).toBe(fence);
        expect(await again.acquireLease('first')).toBeGreaterThan(fence);
      });
    });

    describe('an idempotency key', () => {
      test('is worked on once, and answers the same: at once, later, and after a restart', async () => {
        let runs = 0;
        const work = async () => {
          runs += 1;
          await store.instances.save(instance({ uid: `run-${runs}` }));
          return { run: runs, at: new Date(0), gone: undefined };
        };
        const answers = await Promise.all([1, 2, 3].map(() => once(store, 'token', 'key', work)));
        answers.push(await once(store, 'token', 'key', work));
        await store.close();
        const again = await fixture.open({ now: () => time });
        answers.push(await once(again, 'token', 'key', work));
        expect(runs).toBe(1);
        for (const answer of answers) expect(answer).toEqual({ run: 1, at: '1970-01-01T00:00:00.000Z' });
      });

      test('belongs to its scope', async () => {
        expect(await once(store, 'a', 'bc', async () => 1)).toBe(1);
        expect(await once(store, 'ab', 'c', async () => 2)).toBe(2);
        expect(await once(store, 'a', 'bc', async () => 3)).toBe(1);
        expect(await once(store, 'a\0', 'key\ud800', async () => undefined)).toBeUndefined();
        expect(await once(store, 'a\0', 'key\ud800', async () => 4)).toBeUndefined();
      });

      test('is answered by the transaction that makes it so, whatever comes after it', async () => {
        // The work of a program that ends right after its transaction never comes to its end.
        const cutShort = Promise.withResolvers<void>();
        const committed = Promise.withResolvers<void>();
        void once(store, 's', 'k', async () => {
          await store.transaction(async (tx) => {
            await tx.instances.save(instance({ uid: 'made' }));
            await tx.answer('made');
          });
          committed.resolve();
          await cutShort.promise;
        });
        await committed.promise;
        const again = await fixture.open({ now: () => time });
        expect(await once(again, 's', 'k', async () => 'made twice')).toBe('made');
        expect(await again.idempotent({ scope: 's', key: 'k', asked: 'other' }, async () => 1)).toEqual({
          asked: 'this',
          result: 'made',
        });
        cutShort.resolve();
      });

      test('keeps no answer of a transaction that was rolled back, nor of work that fails after it', async () => {
        const rolledBack = async () =>
          store.transaction(async (tx) => {
            await tx.answer('no');
            throw new Error('rolled back');
          });
        await expect(once(store, 's', 'k', rolledBack)).rejects.toThrow('rolled back');
        const failingAfter = async () => {
          await store.transaction((tx) => tx.answer('no'));
          throw new Error('what had to follow failed');
        };
        await expect(once(store, 's', 'k', failingAfter)).rejects.toThrow('had to follow');
        expect(await once(store, 's', 'k', async () => 'yes')).toBe('yes');
      });

      test('an answer outside of such work is nobody’s', async () => {
        await store.transaction((tx) => tx.answer('whose'));
        expect(await once(store, 's', 'k', async () => 'yes')).toBe('yes');
      });

      test('nothing is kept of work that failed', async () => {
        const failing = () => Promise.reject(new Error('no'));
        const both = await Promise.allSettled([once(store, 's', 'k', failing), once(store, 's', 'k', failing)]);
        expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
        expect(await once(store, 's', 'k', async () => 'yes')).toBe('yes');
      });

      test('is forgotten after a day', async () => {
        await once(store, 's', 'k', async () => 1);
        time += 24 * 3600 * 1000 - 1;
        expect(await once(store, 's', 'k', async () => 2)).toBe(1);
        time += 1;
        expect(await once(store, 's', 'k', async () => 2)).toBe(2);
      });
    });

    describe('pruning', () => {
      const DAY = 24 * 3600 * 1000;

      test('removes what is older than its time, and nothing else', async () => {
        const [decision] = fc.sample(records.decisions, 1);
        if (decision === undefined) throw new Error('no sample');
        await store.decisions.save({ ...decision, uid: 'old', at: 0, lastAt: time - 30 * DAY - 1 });
        await store.decisions.save({ ...decision, uid: 'run', at: 0, lastAt: time - 30 * DAY });
        await store.events.append([event({ at: time - 396 * DAY - 1 }), event({ at: time - 396 * DAY })]);
        await store.instances.save(instance({ uid: 'gone', state: 'terminated', terminatedAt: time - 31 * DAY }));
        await store.instances.save(instance({ uid: 'here', createdAt: 0 }));
        await once(store, 's', 'k', async () => 1);
        time += DAY + 1;
        expect(await store.prune(time - DAY - 1)).toEqual({
          decisions: 1,
          events: 1,
          history: 0,
          idempotency: 0,
          instances: 1,
          releases: 0,
          usage: 0,
          secretVersions: 0,
        });
        expect(await store.prune(time)).toMatchObject({ decisions: 1, events: 1, idempotency: 1 });
        expect(uids(await store.instances.find({}))).toEqual(['here']);
      });

      test('works in pieces', async () => {
        await store.events.append(Array.from({ length: 1203 }, () => event({ at: 0 })));
        expect((await store.prune(time)).events).toBe(1203);
      });

      test('keeps ten releases and those in use', async () => {
        const [cluster] = fc.sample(records.clusters, 1);
        const [release] = fc.sample(records.releases, 1);
        if (cluster === undefined || release === undefined) throw new Error('no sample');
        const name = (number: number) => `r-${String(number).padStart(2, '0')}`;
        await store.clusters.save({ ...cluster, uid: 'c', stableRelease: name(2), candidateRelease: null });
        await store.instances.save(instance({ cluster: 'c', release: name(4) }));
        const states: ReleaseRecord['state'][] = ['superseded', 'returned'];
        for (let number = 1; number <= 16; number += 1) {
          const state = number === 5 ? 'candidate' : (states[number % 2] ?? 'returned');
          await store.releases.save({ ...release, uid: name(number), cluster: 'c', number, state });
          await store.releases.save({ ...release, uid: `gone-${number}`, cluster: 'gone', number, state });
        }
        expect((await store.prune(time)).releases).toBe(3 + 16);
        expect((await store.releases.find({})).map(({ number }) => number)).toEqual([
          2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        ]);
      });
    });

    test('pruning keeps versions of secrets as long as a release takes them, and the newest', async () => {
      const [cluster] = fc.sample(records.clusters, 1);
      const [release] = fc.sample(records.releases, 1);
      const [secret] = fc.sample(records.secretVersions, 1);
      if (cluster === undefined || release === undefined || secret === undefined) throw new Error('no sample');
      const taking = (uid: string) => {
        const reference = { uid, name: 'A', version: 1, delivery: 'environment' as const };
        return { v: 2 as const, release: 'r', environment: {}, secrets: [reference] };
      };
      const version = (uid: string, owner: string, name: string, number: number, retiredAt: number | null) =>
        store.secretVersions.save({ ...secret, uid, owner, name, version: number, retiredAt });
      await store.clusters.save({ ...cluster, uid: 'c', applicationUid: 'app', stableRelease: 'r-1' });
      await store.releases.save({ ...release, uid: 'r-1', cluster: 'c', number: 1, configuration: taking('taken') });
      await store.releases.save({ ...release, uid: 'r-2', cluster: 'c', number: 2, configuration: taking('shared') });
      await version('taken', 'c', 'A', 1, 5);
      await version('old', 'c', 'A', 2, 5);
      await version('current', 'c', 'A', 3, null);
      await version('unset', 'c', 'B', 1, 5);
      await version('shared', 'app', 'A', 1, 5);
      await version('old-shared', 'app', 'A', 2, 5);
      await version('newest-shared', 'app', 'A', 3, 5);
      expect((await store.prune(time)).secretVersions).toBe(2);
      expect(uids(await store.secretVersions.find({})).sort()).toEqual([
        'current',
        'newest-shared',
        'shared',
        'taken',
        'unset',
      ]);
    });

    test('a closed store says so', async () => {
      await store.ping();
      await store.close();
      await expect(store.instances.save(instance())).rejects.toMatchObject({ code: 'DATABASE_CLOSED' });
    });
  });
}
