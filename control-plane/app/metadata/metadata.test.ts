import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DesiredDocument } from '../../../schema/mqtt/desired.ts';
import { clusterTopic } from '../../../schema/mqtt/topics.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { metadataFor } from './ask.ts';

let platform: Platform;
const SHOP = { tenant: 'acme', application: 'shop' };
const WEB = { ...SHOP, alias: 'web' };

beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(
    application('shop', [
      { alias: 'web', cartridge: 'node' },
      { alias: 'worker', cartridge: 'worker' },
    ]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const set = (ref: typeof SHOP & { alias?: string }, entries: Record<string, string>, remove: string[] = []) =>
  platform.parts.mutations.setMetadata(OPERATOR, {
    ...ref,
    set: Object.entries(entries).map(([key, value]) => ({ key, value })),
    remove,
  });
async function wanted(alias: string): Promise<string | undefined> {
  await platform.pass();
  const { key } = platform.cluster(alias);
  return platform.messaging.document<DesiredDocument>(clusterTopic(key, 'desired'))?.metadata?.version;
}

test('agents are told of each change, of an application those of all its components', async () => {
  expect(await wanted('web')).toBeUndefined();
  await set(SHOP, { region: 'zurich' });
  expect([await wanted('web'), await wanted('worker')]).toEqual(['1.0', '1.0']);
  await set(WEB, { colour: 'green', region: 'bern' });
  expect([await wanted('web'), await wanted('worker')]).toEqual(['1.1', '1.0']);
  expect(await metadataFor(platform.database, platform.cluster('web').record)).toEqual({
    v: 1,
    version: '1.1',
    application: { region: 'zurich' },
    component: { colour: 'green', region: 'bern' },
  });
  await platform.start();
  expect([await wanted('web'), await wanted('worker')]).toEqual(['1.1', '1.0']);
});

test('a change is one generation and one event, which holds no value; what is no change is neither', async () => {
  expect(await set(WEB, { a: '1', b: '2' })).toMatchObject({ generation: 1, updatedBy: 'operator' });
  expect(await set(WEB, { a: '1' }, ['nothing'])).toMatchObject({ generation: 1 });
  expect(await set(WEB, { b: '3' }, ['a'])).toMatchObject({ generation: 2, entries: [{ key: 'b', value: '3' }] });
  const events = await platform.events('metadata.changed');
  expect(events.map(({ data }) => data)).toEqual([
    { by: 'operator', generation: 1, set: ['a', 'b'], removed: [] },
    { by: 'operator', generation: 2, set: ['b'], removed: ['a'] },
  ]);
  expect(events[0]).toMatchObject({ application: 'shop', subject: { kind: 'ServiceCluster', name: 'shop/web' } });
});

test('who read another generation is refused', async () => {
  await set(WEB, { a: '1' });
  const change = { ...WEB, set: [{ key: 'a', value: '2' }], remove: [], expectedGeneration: 0 };
  await expect(platform.parts.mutations.setMetadata(OPERATOR, change)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await platform.parts.mutations.setMetadata(OPERATOR, { ...change, expectedGeneration: 1 })).toMatchObject({
    generation: 2,
  });
});

test.each([
  [{ 'not a key': 'x' }, /expected a key of/],
  [{ '-a': 'x' }, /expected a key of/],
  [{ a: 'x'.repeat(8193) }, /the value of a has 8193 characters; at most 8192/],
  [Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, 'x'])), /would have 101 keys/],
  [
    Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, 'x'.repeat(8000)])),
    /would have 9 keys with 72018 characters/,
  ],
])('bounds hold: %#', async (entries, message) => {
  await expect(set(WEB, entries)).rejects.toMatchObject({ code: 'INVALID', message: expect.stringMatching(message) });
  expect(await wanted('web')).toBeUndefined();
});

test('it goes with what it belongs to', async () => {
  await set(SHOP, { a: '1' });
  await set(WEB, { a: '2' });
  await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
  for (let step = 0; step < 5; step += 1) await platform.pass();
  expect(await platform.database.metadata.find({})).toEqual([]);
});
