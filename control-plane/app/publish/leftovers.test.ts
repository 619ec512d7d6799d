import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { clusterTopic } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

let platform: Platform;
let agents: Agents;
const KEY = { tenant: 'acme', application: 'shop', alias: 'web' };
const TOPICS = (['desired', 'topology'] as const).map((leaf) => clusterTopic(KEY, leaf));

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  await apply();
  await platform.release();
  await goOn(() => platform.cluster('web').live().length > 0);
});
afterEach(() => platform[Symbol.asyncDispose]());

const apply = () => platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
const isThere = () => platform.parts.fleet.clusterByKey(KEY) !== undefined;
const notes = async () => (await platform.database.settings.find({})).map(({ value }) => value);
async function goOn(condition: () => boolean, most = 60): Promise<number> {
  for (let step = 0; step < most; step += 1) {
    if (condition()) return step;
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
  throw new Error('did not come about');
}
/** How long it took, in seconds of the platform's clock. */
async function deleteWhileAway(): Promise<number> {
  const before = platform.now;
  platform.messaging.isConnected = false;
  await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
  await goOn(() => !isThere());
  return (platform.now - before) / 1000;
}

test('a deletion does not wait for a broker that is away; what it retains is cleared when it is back', async () => {
  expect([...platform.messaging.retained.keys()]).toEqual(expect.arrayContaining(TOPICS));
  expect(await deleteWhileAway()).toBeLessThan(10);
  expect(platform.parts.fleet.applications.size).toBe(0);
  expect([...platform.messaging.retained.keys()]).toEqual(expect.arrayContaining(TOPICS));
  expect(await notes()).toContainEqual(KEY);
  // A control plane that comes after this one clears it, too.
  await platform.start();
  platform.messaging.isConnected = true;
  platform.parts.leftovers.clear();
  await eventually('the notes are gone', async () => (await notes()).length === 0);
  expect([...platform.messaging.retained.keys()].filter((topic) => topic.includes('/shop/'))).toEqual([]);
});

test('asked for again as it is going, a service cluster is gone once', async () => {
  await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
  const cluster = platform.cluster('web');
  await goOn(() => cluster.live().length === 0 || !isThere());
  await Promise.all([platform.parts.removal.cluster(cluster), platform.parts.removal.cluster(cluster)]);
  await platform.parts.removal.cluster(cluster);
  const told = (await platform.events('cluster.deleted')).filter(({ subject }) => subject.uid === cluster.record.uid);
  expect(told).toHaveLength(1);
});

test('what has the same name again keeps what is retained for it', async () => {
  await deleteWhileAway();
  await apply();
  platform.messaging.isConnected = true;
  await platform.parts.publisher.publishAll();
  platform.parts.leftovers.clear();
  await eventually('the notes are gone', async () => (await notes()).length === 0);
  expect([...platform.messaging.retained.keys()]).toEqual(expect.arrayContaining(TOPICS));
});

test('a broker that does not confirm holds up nothing, and is asked again', async () => {
  const { clear } = platform.messaging;
  platform.messaging.clear = () => Promise.reject(new Error('not confirmed'));
  await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
  await goOn(() => !isThere());
  await platform.parts.leftovers.close();
  expect(await notes()).toContainEqual(KEY);
  platform.messaging.clear = clear;
  platform.parts.leftovers.clear();
  await eventually('the notes are gone', async () => (await notes()).length === 0);
  expect(platform.messaging.cleared).toEqual(expect.arrayContaining(TOPICS));
});
