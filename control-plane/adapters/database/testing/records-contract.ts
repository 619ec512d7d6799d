/** Every record comes back from every database exactly as it went in, as tests. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Repository } from '../../../app/ports/store.ts';
import type { DatabaseStore } from '../store.ts';
import * as records from './records.ts';
import type { StoreFixture } from './store/given.ts';

const NOUNS = [
  'tenants',
  'tokens',
  'uploads',
  'cartridges',
  'policies',
  'applications',
  'clusters',
  'sources',
  'builds',
  'artifacts',
  'releases',
  'rollouts',
  'metadata',
  'configurations',
  'secretVersions',
  'credentials',
  'certificates',
  'hostClusters',
  'webhooks',
  'deliveries',
  'notices',
  'noticeProgress',
  'tasks',
  'instances',
  'decisions',
  'endedSessions',
  'settings',
  'history',
  'usage',
  'meters',
] as const;

export function describeRecords(name: string, make: () => Promise<StoreFixture>): void {
  describe(`records on ${name}:`, () => {
    let fixture: StoreFixture;
    let store: DatabaseStore;
    beforeAll(async () => {
      fixture = await make();
      store = await fixture.open();
    });
    afterAll(() => fixture.close());

    describe('a record comes back exactly as it went in', () => {
      test.each(NOUNS)('%s', async (noun) => {
        const repository = store[noun] as Repository<{ readonly uid: string }>;
        const arbitrary = records[noun] as Arbitrary<{ readonly uid: string }>;
        await fc.assert(
          fc.asyncProperty(fc.array(arbitrary, { minLength: 1, maxLength: 8 }), async (list) => {
            await Promise.all(list.map((record) => repository.save(record)));
            for (const record of list) {
              expect(await repository.get(record.uid)).toStrictEqual(record);
              expect(await repository.find({ uid: record.uid })).toStrictEqual([record]);
            }
          }),
          { numRuns: 15 },
        );
      });

      test('events', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(records.events, { minLength: 1, maxLength: 8 }), async (list) => {
            const last = await store.events.last();
            const appended = await store.events.append(list);
            expect(appended.map(({ sequence: _s, uid: _u, ...event }) => event)).toStrictEqual(list);
            expect(await store.events.after(last, {}, 100)).toStrictEqual(appended);
          }),
          { numRuns: 30 },
        );
      });

      test('audit records', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(records.audit, { minLength: 1, maxLength: 8 }), async (list) => {
            await store.audit.append(list);
            for (const { tenant, actor, mutation, ...record } of list) {
              const filter = { ...(tenant === null ? {} : { tenant }), actorToken: actor.token, mutation };
              expect(await store.audit.find(filter, {})).toContainEqual({ tenant, actor, mutation, ...record });
            }
          }),
          { numRuns: 15 },
        );
      });

      test('as deep as JSON goes, and megabytes long', async () => {
        const value = {
          text: 'a'.repeat(3_000_000),
          keys: JSON.parse('{"__proto__":{"x":1},"constructor":2}') as unknown,
        };
        await store.settings.save({ uid: 'large', value });
        expect(await store.settings.get('large')).toStrictEqual({ uid: 'large', value });
      });
    });

    test.each(NOUNS)('a saved record of %s is replaced as a whole', async (noun) => {
      const repository = store[noun] as Repository<{ readonly uid: string }>;
      const arbitrary = records[noun] as Arbitrary<{ readonly uid: string }>;
      const [first, second] = fc.sample(arbitrary, 2) as [{ uid: string }, { uid: string }];
      await repository.save(first);
      await repository.save({ ...second, uid: first.uid });
      expect(await repository.get(first.uid)).toStrictEqual({ ...second, uid: first.uid });
      await repository.delete(first.uid);
      expect(await repository.get(first.uid)).toBeUndefined();
    });

    test.each(['a\0b', '\ud800', 'a\udc00b'])(
      'a text that a column cannot hold (%j) is refused by field',
      async (name) => {
        const token = { ...(fc.sample(records.tokens, 1)[0] as { uid: string }), name } as never;
        await expect(store.tokens.save(token)).rejects.toMatchObject({ code: 'INVALID', field: 'name' });
        expect(await store.tokens.find({ name })).toEqual([]);
      },
    );
  });
}
