/** A release keeps its image: through roll-outs, rollbacks, and whatever the cartridge's name has come to mean since. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import { Agents } from '../testing/agents.ts';
import { answering } from '../testing/host-clusters.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

const image = (digit: string): string => `registry.example/node@sha256:${digit.repeat(64)}`;
const [A, B] = [image('a'), image('b')];

let platform: Platform;
let agents: Agents;
/** Fewest instances that served at any time since it was set. */
let least = Infinity;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  platform.images.set('node', A);
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const actives = (alias = 'web') =>
  platform
    .cluster(alias)
    .live()
    .filter(({ record }) => record.state === 'active' && record.draining === null);
const images = (alias = 'web') =>
  platform
    .cluster(alias)
    .live()
    .map(({ observed }) => observed?.image);

async function goOn(condition: () => boolean, most = 80): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    if (condition()) return;
    await platform.pass();
    least = Math.min(least, actives().length);
    agents.step();
    platform.now += 1500;
  }
  throw new Error(`did not come about: ${JSON.stringify({ rollout: web().rollout, images: images() })}`);
}

const isSettled = (instances: number): boolean =>
  web().rollout === null && web().pending === null && actives().length === instances && images().length === instances;

async function running(instances: number): Promise<void> {
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: instances, maximum: 10 } }]),
  );
  await platform.release('web', 'a');
  await goOn(() => web().stable !== null && isSettled(instances));
}

async function want(instances: number): Promise<void> {
  web().record = { ...web().record, wanted: instances };
  await platform.database.clusters.save(web().record);
}

test('a release names the image of its cartridge as it was made, and instances that come later run it', async () => {
  await running(1);
  expect(web().stable?.cartridge.image).toBe(A);
  platform.images.set('node', B);
  await want(2);
  await goOn(() => isSettled(2));
  expect(images()).toEqual([A, A]);
});

test('another image comes with the next release, one instance at a time, and a rollback brings the first one back', async () => {
  await running(3);
  platform.images.set('node', B);
  const next = await platform.release('web', 'b');
  least = 3;
  await goOn(() => web().record.stableRelease === next && isSettled(3));
  expect(images()).toEqual([B, B, B]);
  expect(least).toBe(3);

  const ref = { tenant: 'acme', application: 'shop', alias: 'web' };
  await platform.parts.mutations.rollback(OPERATOR, { ...ref, releaseNumber: 1 });
  await goOn(() => web().stable?.number === 1 && isSettled(3));
  expect(images()).toEqual([A, A, A]);
  expect(least).toBe(3);
});

test('a release whose image does not serve is returned from, and the others never went', async () => {
  await running(2);
  platform.images.set('node', B);
  const bad = await platform.release('web', 'b');
  agents.bad.add(bad);
  least = 2;
  await goOn(() => web().rollout === null && web().pending === null && isSettled(2));
  expect(images()).toEqual([A, A]);
  expect(least).toBe(2);
  const [rollout] = await platform.database.rollouts.find({ cluster: web().record.uid, to: bad });
  expect(rollout).toMatchObject({ state: 'returned', reason: { code: 'exited' } });
});

test('an instance that was begun from another image than its release names makes way for one that is not', async () => {
  await running(2);
  const [first] = platform.provider.instances.values();
  const stray = [...platform.provider.instances.values()].find(({ alias }) => alias === 'web') ?? first!;
  platform.provider.instances.set(stray.instance, { ...stray, image: B });
  await platform.pass();
  expect(images()).toContain(B);
  least = 2;
  await goOn(() => isSettled(2) && !images().includes(B));
  expect(images()).toEqual([A, A]);
  expect(least).toBe(2);
});

test('with volumes the same instances go on from the other image, once the release is theirs, and back again', async () => {
  await running(2);
  const volumes = [{ name: 'data', mountPath: 'data', sizeBytes: 1024 }];
  web().plan = { ...web().plan, spec: { ...web().plan.spec, volumes } };
  const uids = () =>
    web()
      .live()
      .map(({ record }) => record.uid);
  const before = uids();
  platform.images.set('node', B);
  const next = await platform.release('web', 'b');
  await goOn(() => web().record.stableRelease === next && isSettled(2) && images().every((one) => one === B));
  const asked = platform.provider.calls.length;
  await platform.pass();
  expect(platform.provider.calls).toHaveLength(asked);
  const ref = { tenant: 'acme', application: 'shop', alias: 'web' };
  await platform.parts.mutations.rollback(OPERATOR, { ...ref, releaseNumber: 1 });
  await goOn(() => web().stable?.number === 1 && isSettled(2) && images().every((one) => one === A));
  expect(uids()).toEqual(before);
});

test('another image that is refused is asked for again after a pause, and the instances go on', async () => {
  await running(1);
  const volumes = [{ name: 'data', mountPath: 'data', sizeBytes: 1024 }];
  web().plan = { ...web().plan, spec: { ...web().plan.spec, volumes } };
  platform.images.set('node', B);
  await platform.release('web', 'b');
  platform.provider.failures.push({ call: 'create', error: new Error('admission refused it') });
  await goOn(() => platform.provider.failures.length === 0);
  expect(images()).toEqual([A]);
  expect(web().startBackoff).toMatchObject({ failures: 1 });
  await goOn(() => isSettled(1) && images()[0] === B);
});

test('load balancers follow the platform: one of its present image serves before one of the former goes', async () => {
  platform.images.set('lb', A);
  await running(1);
  await goOn(() => actives('lb').length === 1);
  expect(platform.cluster('lb').stable?.cartridge.image).toBeUndefined();
  const [former] = actives('lb').map(({ record }) => record.uid);

  // As an upgrade does.
  platform.images.set('lb', B);
  await platform.start();
  agents.reconnect();
  let fewest = 1;
  await goOn(() => {
    fewest = Math.min(fewest, actives('lb').length);
    return images('lb').length === 1 && images('lb')[0] === B;
  });
  expect(actives('lb').map(({ record }) => record.uid)).not.toContain(former);
  expect(fewest).toBe(1);
  expect(images()).toEqual([A]);
  const calls = platform.provider.calls.length;
  await platform.pass();
  expect(platform.provider.calls).toHaveLength(calls);
});

test('load balancers whose present image does not start stay on the former one', async () => {
  platform.images.set('lb', A);
  await running(1);
  await goOn(() => actives('lb').length === 1);
  platform.images.set('lb', B);
  await platform.start();
  agents.reconnect();
  platform.provider.failures.push({ call: 'create', error: new Error('the image cannot be pulled') });
  await goOn(() => platform.provider.failures.length === 0);
  expect(images('lb')).toEqual([A]);
  expect(platform.cluster('lb').startBackoff).toMatchObject({ failures: 1 });
});

test('a freeze holds balancers on the image that they have; roll-outs to another one go on', async () => {
  platform.images.set('lb', A);
  await running(1);
  await goOn(() => actives('lb').length === 1);
  platform.images.set('lb', B);
  platform.images.set('node', B);
  await platform.start();
  agents.reconnect();
  await platform.parts.mutations.freeze(OPERATOR, { reason: 'we move the network' });
  const next = await platform.release('web', 'b');
  await goOn(() => web().record.stableRelease === next && isSettled(1));
  expect([images(), images('lb')]).toEqual([[B], [A]]);
  await platform.parts.mutations.unfreeze(OPERATOR);
  await goOn(() => images('lb').length === 1 && images('lb')[0] === B);
});

const SHOPS = ['shop', 'b', 'c', 'd', 'e', 'f', 'g'];
const balancers = (shops = SHOPS) => shops.map((shop) => platform.cluster('lb', shop));
const areServing = (one: string, shops = SHOPS) =>
  balancers(shops).every((cluster) => {
    const live = cluster.live();
    return live.length === 1 && live[0]!.observed?.image === one && live[0]!.record.state === 'active';
  });

/** Many applications are balanced by the former image when the platform is started with another one. */
async function upgradeAmid(shops: readonly string[]): Promise<void> {
  platform.images.set('lb', A);
  await platform.apply(shops.map((shop) => application(shop, [{ alias: 'web', cartridge: 'node' }])).join(''));
  await goOn(() => areServing(A), 200);
  platform.images.set('lb', B);
  await platform.start();
  agents.reconnect();
}

test('an upgrade replaces the balancers of a few applications at a time, and in the end of all', async () => {
  await upgradeAmid(SHOPS);
  let most = 0;
  await goOn(() => {
    most = Math.max(most, balancers().filter((cluster) => cluster.live().length > 1).length);
    return areServing(B);
  }, 200);
  expect(most).toBe(4);
});

test('balancers that another one has no place beside keep those of other applications from nothing', async () => {
  platform.places = [answering('home')];
  await upgradeAmid(SHOPS);
  // As many as may be replaced at a time; first in the order of the passes.
  const full = SHOPS.slice(0, 4);
  const place: DeploymentPolicySpec = {
    algorithm: 'one-after-another',
    partitions: [{ name: 'only', hostCluster: 'home', maximum: 1 }],
  };
  for (const cluster of balancers(full)) cluster.plan = { ...cluster.plan, placement: place };
  await goOn(() => areServing(B, SHOPS.slice(4)), 200);
  expect(areServing(A, full)).toBe(true);
  for (const cluster of balancers(full)) cluster.plan = { ...cluster.plan, placement: null };
  await goOn(() => areServing(B), 200);
});

test('balancers whose new one waits for a quota keep those of other applications from nothing', async () => {
  await upgradeAmid(SHOPS);
  const stuck = SHOPS.slice(0, 4);
  const problem = { code: 'quota-exceeded', message: 'exceeded quota: of-the-owner' } as const;
  const { instances } = platform.provider;
  await goOn(() => {
    for (const [uid, machine] of instances)
      if (stuck.includes(machine.application) && machine.image === B)
        instances.set(uid, { ...machine, state: 'starting', problem });
    return areServing(B, SHOPS.slice(4));
  }, 30);
  for (const cluster of balancers(stuck)) expect(cluster.live()).toHaveLength(2);
});
