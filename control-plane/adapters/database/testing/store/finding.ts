/** Finding: by fields, in pages, and what is no question. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { instance } from '../records.ts';
import * as records from '../records.ts';
import { type Given, uids } from './given.ts';

export function findingContract(given: Given): void {
  describe('finding', () => {
    const saved = [
      instance({ uid: 'a', state: 'active', tenant: 'acme', cause: null, port: 1 }),
      instance({ uid: 'b', state: 'faulty', tenant: 'acme', cause: 'x', port: 2 }),
      instance({ uid: 'c', state: 'active', tenant: 'other', cause: 'y', port: 2, unreachable: true }),
      instance({ uid: 'd', state: 'starting', tenant: 'acme', cause: null, port: null }),
    ];
    beforeEach(async () => {
      await Promise.all([...saved].reverse().map((record) => given.store.instances.save(record)));
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
      expect(uids(await given.store.instances.find(filter))).toEqual(expected);
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
      expect(uids(await given.store.instances.find({}, page))).toEqual(expected);
    });

    test('pages joined together are the whole list, whatever the uids', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }).filter((uid) => !uid.includes('\0'))),
          fc.integer({ min: 1, max: 4 }),
          fc.boolean(),
          async (names, limit, newestFirst) => {
            await Promise.all(names.map((uid) => given.store.settings.save({ uid, value: 1 })));
            const joined: string[] = [];
            for (;;) {
              const after = joined.at(-1);
              const page = await given.store.settings.find(
                {},
                { limit, newestFirst, ...(after === undefined ? {} : { after }) },
              );
              joined.push(...uids(page));
              if (page.length < limit) break;
            }
            expect(joined).toEqual(uids(await given.store.settings.find({}, { newestFirst })));
            expect([...joined].sort()).toEqual([...names].sort());
            await Promise.all(names.map((uid) => given.store.settings.delete(uid)));
          },
        ),
        { numRuns: 20 },
      );
    });

    test.each([[{ inventory: { a: 1 } }], [{ nonsense: 1 }], [{ tenant: { $ne: null } }], [{ constructor: 'x' }]])(
      'the filter %j is refused by field',
      async (filter: object) => {
        await expect(given.store.instances.find(filter as never)).rejects.toMatchObject({
          code: 'INVALID',
          field: Object.keys(filter)[0],
        });
      },
    );
  });

  test('two objects of one name are a conflict, and the write beside it goes through', async () => {
    const [one] = fc.sample(records.applications, 1);
    if (one === undefined) throw new Error('no sample');
    await given.store.applications.save({ ...one, uid: 'one', tenant: 'acme', name: 'shop' });
    const results = await Promise.allSettled([
      given.store.instances.save(instance({ uid: 'before' })),
      given.store.applications.save({ ...one, uid: 'two', tenant: 'acme', name: 'shop' }),
      given.store.instances.save(instance({ uid: 'behind' })),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect(uids(await given.store.instances.find({}))).toEqual(['before', 'behind']);
  });
}
