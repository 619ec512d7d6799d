import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Principal } from '../principal.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

const ANN: Principal = { token: 'token-of-ann', name: 'ann', role: 'deployer', tenant: 'acme', application: null };
const ref = { application: 'shop', alias: 'web' };
let platform: Platform;
let agents: Agents;
/** Fewest instances that served at any time since it was set. */
let least = Infinity;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  await apply();
});
afterEach(() => platform[Symbol.asyncDispose]());

const apply = (environment: Record<string, string> = {}) =>
  platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', environment, autoscaling: { minimum: 4, maximum: 10 } }]),
  );
const web = () => platform.cluster('web');
const restart = (reason = 'a leak') => platform.parts.mutations.restart(ANN, { ...ref, reason });
const releases = () => platform.database.releases.find({ cluster: web().record.uid });
const actives = () =>
  web()
    .live()
    .filter(({ record }) => record.state === 'active' && record.draining === null);

async function settled(): Promise<void> {
  for (let step = 0; step < 80; step += 1) {
    if (web().rollout === null && web().pending === null && web().stable !== null && actives().length === 4) return;
    await platform.pass();
    least = Math.min(least, actives().length);
    agents.step();
    platform.now += 1500;
  }
  throw new Error(`did not come about: ${JSON.stringify(web().rollout)}`);
}

async function running(digit = 'a'): Promise<string> {
  const release = await platform.release('web', digit);
  await settled();
  return release;
}

test('rolls the same release out once more, a few instances at a time', async () => {
  const first = await running();
  const instances = web()
    .live()
    .map(({ record }) => record.uid);
  const rollout = await restart();
  expect(rollout).toMatchObject({ from: first, state: 'running' });
  least = 4;
  await settled();
  expect(least).toBe(3);
  const [before, again] = await releases();
  expect(again).toMatchObject({ uid: rollout.to, number: 2, createdBy: 'ann', state: 'stable', restartOf: first });
  expect(again).toMatchObject({ artifact: before!.artifact, source: before!.source, build: before!.build });
  expect(again!.configuration).toEqual({ ...before!.configuration, release: rollout.to });
  expect(
    web()
      .live()
      .map(({ record }) => record.uid),
  ).toEqual(instances);
  expect(new Set(instances.map((uid) => agents.running(uid)))).toEqual(new Set([rollout.to]));
  expect(await platform.events('cluster.restart-asked')).toMatchObject([
    { cause: 'token-of-ann', data: { by: 'ann', reason: 'a leak', release: 2 } },
  ]);
});

test('one that does not get ready again ends it, and the others are left as they are', async () => {
  const first = await running();
  const { to } = await restart();
  agents.bad.add(to);
  await settled();
  expect(web().record.stableRelease).toBe(first);
  expect((await platform.database.rollouts.find({ to }))[0]).toMatchObject({ state: 'returned' });
});

test('of a release that was come back to stays with that, also when the manifest is applied again', async () => {
  const first = await running('a');
  await apply({ COLOUR: 'green' });
  await settled();
  await platform.parts.mutations.rollback(ANN, ref);
  await settled();
  expect(web().record.stableRelease).toBe(first);
  const { to } = await restart();
  await settled();
  await apply({ COLOUR: 'green' });
  await platform.start();
  agents.reconnect();
  await settled();
  expect(web().record.stableRelease).toBe(to);
  expect(await releases()).toHaveLength(3);
});

test('is none for a rollback, which goes to what was another release', async () => {
  const first = await running('a');
  await running('b');
  for (const reason of ['a leak', 'another leak']) {
    await restart(reason);
    await settled();
  }
  const rollout = await platform.parts.mutations.rollback(ANN, ref);
  expect(rollout.to).toBe(first);
});

test('is refused while a roll-out is under way or waits, of what has no release, is stopped, or is the load balancer', async () => {
  await expect(restart()).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/has no release yet/),
  });
  await running();
  await expect(restart(' ')).rejects.toMatchObject({ code: 'INVALID', field: 'reason' });
  await restart();
  await expect(restart()).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/a roll-out .* is under way/),
  });
  await settled();
  await platform.parts.mutations.stop(ANN, { ...ref, reason: 'maintenance' });
  await expect(restart()).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/is stopped; start it instead/),
  });
  await expect(platform.parts.mutations.restart(ANN, { ...ref, alias: 'lb', reason: 'a leak' })).rejects.toMatchObject({
    code: 'INVALID',
    field: 'ref.alias',
  });
});
