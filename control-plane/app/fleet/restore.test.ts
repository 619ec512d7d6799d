import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Blockades } from '../apply/blockades.ts';
import { ProviderError } from '../errors.ts';
import type { ObservedInstance } from '../ports/provider.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { only, OPERATOR, Platform } from '../testing/platform.ts';
import { CLOCK, instanceRecord } from '../testing/records.ts';

let platform: Platform;
let agents: Agents;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
});
afterEach(() => platform[Symbol.asyncDispose]());

const SHOP = application('shop', [
  { alias: 'web', cartridge: 'node' },
  { alias: 'jobs', cartridge: 'worker' },
]);
const web = () => platform.cluster('web');

async function goOn(condition: () => boolean): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    if (condition()) return;
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
  throw new Error('did not come about');
}

async function running(): Promise<void> {
  await platform.apply(SHOP);
  await platform.release('web', 'a');
  await goOn(
    () =>
      web().rollout === null &&
      web()
        .live()
        .some(({ record }) => record.state === 'active'),
  );
  await platform.parts.journal.settle();
}

test('what runs is adopted, with its state, and nothing is started anew', async () => {
  await running();
  const calls = platform.provider.calls.length;
  await platform.start();
  agents.reconnect();
  await platform.pass();
  expect(platform.provider.calls).toHaveLength(calls);
  expect(web().live()).toMatchObject([{ record: { state: 'active' }, observed: { state: 'running' } }]);
  expect(web().stable?.uid).toBe(web().record.stableRelease);
});

test('an instance that settings have made outdated is ended first, and another takes its place', async () => {
  await running();
  const balancer = only(platform.cluster('lb')).record.uid;
  const machine = platform.provider.instances.get(balancer)!;
  platform.provider.instances.set(balancer, { ...machine, outdated: 'it listens on 127.0.0.1 instead of ::' });
  const calls = platform.provider.calls.length;
  await platform.start();
  await platform.pass();
  const next = only(platform.cluster('lb')).record.uid;
  expect(platform.provider.calls.slice(calls)).toEqual([`stop ${balancer}`, `remove ${balancer}`, `create ${next}`]);
  await platform.parts.journal.settle();
  expect(await platform.database.instances.get(balancer)).toMatchObject({
    state: 'terminated',
    reason: { code: 'settings-changed', message: 'it listens on 127.0.0.1 instead of ::' },
  });
});

test('an outdated instance that cannot be ended goes on, and keeps nothing from starting', async () => {
  await running();
  const balancer = only(platform.cluster('lb')).record.uid;
  const machine = platform.provider.instances.get(balancer)!;
  platform.provider.instances.set(balancer, { ...machine, outdated: 'it listens elsewhere' });
  platform.provider.failures.push({ call: 'stop', error: new ProviderError('INSTANCE_PROCESSES_REMAIN', 'stuck') });
  await platform.start();
  await platform.pass();
  expect(only(platform.cluster('lb')).record).toMatchObject({ uid: balancer, state: 'active' });
});

test('an instance that was recorded and never begun is ended, with its reason', async () => {
  await running();
  const record = instanceRecord(web(), { state: 'created', activeAt: null });
  await platform.database.instances.save(record);
  await platform.start();
  await platform.parts.journal.settle();
  expect(await platform.database.instances.get(record.uid)).toMatchObject({
    state: 'terminated',
    terminatedAt: platform.now,
    reason: { code: 'never-started' },
  });
});

test('an instance that was begun by half is ended and counts neither as a failed start nor against its roll-out', async () => {
  await running();
  await platform.release('web', 'b');
  await goOn(() => platform.provider.instances.size === 3);
  // The roll-out's own; the crash comes before its agent says a word, and before it has noted anything but the directory.
  const [instance] = web()
    .live()
    .filter(({ record }) => record.cause === web().rollout?.uid);
  await platform.parts.journal.settle();
  await platform.database.instances.save({ ...instance!.record, state: 'created' });
  platform.provider.end(instance!.record.uid, 'its agent was never started');
  await platform.start();
  agents.reconnect();
  await platform.parts.journal.settle();
  expect(await platform.database.instances.get(instance!.record.uid)).toMatchObject({
    state: 'terminated',
    reason: { code: 'never-started' },
  });
  expect(platform.provider.instances.has(instance!.record.uid)).toBe(false);
  await goOn(() => web().rollout === null);
  const rollouts = await platform.database.rollouts.find({ cluster: web().record.uid });
  expect(rollouts.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
});

/** A copy of what runs, under another id, as a database of before its start does not know it. */
function unknown(instance: string, changes: Partial<ObservedInstance> = {}): void {
  const [known] = web().live();
  const machine = platform.provider.instances.get(known!.record.uid)!;
  platform.provider.instances.set(instance, { ...machine, instance, ...changes });
}

test('an instance that is not known and has no place is removed, and one that cannot be keeps nothing from starting', async () => {
  await running();
  unknown('stranger', { cluster: 'another' });
  unknown('stubborn', { alias: 'other' });
  unknown('ended', { state: 'gone' });
  const error = new ProviderError('INSTANCE_PROCESSES_REMAIN', 'a process does not end');
  platform.provider.failures.push({ call: 'stop', error });
  await platform.start();
  const left = ['stranger', 'stubborn', 'ended'].filter((name) => platform.provider.instances.has(name));
  expect(left).toHaveLength(1);
  expect(web().live()).toHaveLength(1);
});

test('instances that a restored copy does not know are adopted, serve on, and are wanted until a decision says otherwise', async () => {
  await running();
  const { uid } = web().live()[0]!.record;
  unknown('later-1');
  unknown('later-2', { host: '127.0.0.1', ports: [{ name: 'http', protocol: 'http', port: 4711 }] });
  const calls = platform.provider.calls.length;
  await platform.start();
  expect(platform.provider.calls.slice(calls)).toEqual(['replaceToken later-1', 'replaceToken later-2']);
  expect(
    web()
      .live()
      .map(({ record }) => record.uid)
      .toSorted(),
  ).toEqual([uid, 'later-1', 'later-2'].toSorted());
  expect(web().instances.get('later-2')!.record).toMatchObject({ state: 'active', host: '127.0.0.1', port: 4711 });
  expect(await platform.database.instances.get('later-2')).toMatchObject({
    state: 'active',
    tokenHash: expect.any(String),
  });
  expect(web().record.wanted).toBe(3);
  expect(await platform.database.clusters.get(web().record.uid)).toMatchObject({ wanted: 3 });
  expect(await platform.events('instance.adopted')).toHaveLength(2);
  expect(await platform.events('cluster.scaled')).toMatchObject([{ data: { from: 1, to: 3 } }]);
  // Once adopted, they are as any others are.
  await platform.start();
  expect(platform.provider.calls).toHaveLength(calls + 2);
  expect(web().record.wanted).toBe(3);
});

test('a load balancer that a restored copy does not know takes the place of the one that it knows', async () => {
  await running();
  const known = only(platform.cluster('lb')).record.uid;
  const machine = platform.provider.instances.get(known)!;
  platform.provider.instances.delete(known);
  platform.provider.instances.set('later', { ...machine, instance: 'later' });
  const calls = platform.provider.calls.length;
  await platform.start();
  await platform.pass();
  expect(platform.provider.calls.slice(calls)).toEqual(['replaceToken later']);
  expect(only(platform.cluster('lb')).record).toMatchObject({ uid: 'later', state: 'active' });
  await platform.parts.journal.settle();
  expect(await platform.database.instances.get(known)).toMatchObject({ reason: { code: 'not-found' } });
});

test('one that cannot be adopted is removed', async () => {
  await running();
  unknown('later');
  const error = new ProviderError('DISK_FULL', 'no space left');
  platform.provider.failures.push({ call: 'replaceToken', error });
  await platform.start();
  expect(platform.provider.instances.has('later')).toBe(false);
  expect(web().record.wanted).toBe(1);
});

test('an instance that ended while nobody looked is replaced', async () => {
  await running();
  const [instance] = web().live();
  platform.provider.end(instance!.record.uid, 'signal SIGKILL');
  await platform.start();
  await goOn(() =>
    web()
      .live()
      .some(({ record }) => record.state === 'active' && record.uid !== instance!.record.uid),
  );
  expect(await platform.database.instances.get(instance!.record.uid)).toMatchObject({
    reason: { code: 'process-gone', message: 'signal SIGKILL' },
  });
});

describe('an application that cannot be brought to its manifest is blocked:', () => {
  const OTHER = application('jobs', [{ alias: 'work', cartridge: 'plain' }]);
  const applicationOf = (name: string) => platform.parts.fleet.application('acme', name)!;
  const blocked = (name: string) => platform.parts.fleet.blocked.get(applicationOf(name).uid);
  const ref = { application: 'shop', alias: 'web' };

  async function withoutCartridge(): Promise<CartridgeRecord> {
    await platform.apply(OTHER);
    await running();
    const [record] = await platform.database.cartridges.find({ name: 'node' });
    await platform.database.cartridges.delete(record!.uid);
    await platform.start();
    return record!;
  }

  test('its instances are adopted and left alone, and the others go on', async () => {
    await withoutCartridge();
    expect(blocked('shop')).toMatchObject({ code: 'CARTRIDGE_MISSING', message: expect.stringContaining('"node"') });
    expect(blocked('jobs')).toBeUndefined();
    expect(await platform.events('application.blocked')).toMatchObject([{ subject: { name: 'shop' } }]);
    const calls = platform.provider.calls.filter((call) => call.includes(web().live()[0]!.record.uid)).length;
    agents.reconnect();
    platform.provider.end(only(platform.cluster('lb')).record.uid, 'signal SIGKILL');
    for (let step = 0; step < 5; step += 1) {
      await platform.pass();
      agents.step();
      platform.now += 1500;
    }
    expect(web().live()).toMatchObject([{ record: { state: 'active', draining: null }, connected: true }]);
    expect(platform.provider.calls.filter((call) => call.includes(web().live()[0]!.record.uid))).toHaveLength(calls);
    expect(await platform.parts.queries.blocked(OPERATOR, web().record)).toEqual(blocked('shop'));
    await goOn(() => only(platform.cluster('work', 'jobs')).record.state === 'active');
  });

  test('what is asked of it is refused, and it can be deleted', async () => {
    await withoutCartridge();
    const scale = { ...ref, instances: 2, kind: 'pin', reason: 'more' } as const;
    const refused = { code: 'CONFLICT', message: expect.stringContaining('is blocked until that is mended') };
    await expect(platform.parts.mutations.scale(OPERATOR, { ...scale, tenant: 'acme' })).rejects.toMatchObject(refused);
    await expect(platform.parts.mutations.deploy(OPERATOR, { ...ref, tenant: 'acme' })).rejects.toMatchObject(refused);
    await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
    await goOn(() => platform.parts.fleet.application('acme', 'shop') === undefined);
    expect(await platform.database.instances.find({ application: 'shop', state: ['active', 'starting'] })).toEqual([]);
  });

  test('it goes on by itself when its cartridge is back', async () => {
    const record = await withoutCartridge();
    const { fleet, keeper } = platform.parts;
    const logger = { info: () => undefined, warn: () => undefined };
    let isBack = false;
    const refreshCartridges = async (): Promise<void> => {
      if (isBack) await platform.database.cartridges.save(record);
    };
    const blockades = new Blockades({ fleet, keeper, refreshCartridges, clock: CLOCK, logger });
    await blockades.look();
    expect(blocked('shop')).toBeDefined();
    isBack = true;
    await blockades.look();
    expect(blocked('shop')).toBeUndefined();
    expect(await platform.events('application.unblocked')).toHaveLength(1);
    const [before] = web().live();
    platform.provider.end(before!.record.uid, 'signal SIGKILL');
    await goOn(() =>
      web()
        .live()
        .some(({ record }) => record.state === 'active' && record !== before!.record),
    );
    expect(web().plan.spec.concurrency).toBe(10);
  });

  test('of a manifest that this program cannot read, all that is stored stays, until another one is applied', async () => {
    await running();
    const [record] = await platform.database.applications.find({ name: 'shop' });
    const manifest = { ...record!.manifest, apiVersion: 'cartwright.dev/v9' } as never;
    await platform.database.applications.save({ ...record!, manifest });
    await platform.start();
    const text = 'a stored Application "shop" cannot be read: apiVersion: unknown apiVersion';
    expect(blocked('shop')).toMatchObject({ code: 'MANIFEST_UNREADABLE', message: expect.stringContaining(text) });
    expect(await platform.parts.queries.application(OPERATOR, 'acme', 'shop')).toMatchObject({ manifest });
    await platform.pass();
    expect(web().live()).toMatchObject([{ record: { state: 'active', draining: null } }]);
    expect(web().record.deletingSince).toBeNull();
    await platform.apply(SHOP);
    expect(blocked('shop')).toBeUndefined();
    expect(applicationOf('shop').manifest).toEqual(record!.manifest);
    expect(web().plan.component?.cartridge).toBe('node');
  });
});

describe('killed at every step', () => {
  /** Kills before step 0, 1, 2 … of `work` until it gets through. */
  async function killedEverywhere(
    work: () => Promise<unknown>,
    check: () => Promise<void>,
    begin?: () => Promise<void>,
  ) {
    let kills = 0;
    for (let round = 0; ; round += 1) {
      await begin?.();
      const killed = platform.crash.after(round).then(() => 'killed');
      const outcome = await Promise.race([killed, work().then(() => 'over')]);
      platform.crash.never();
      if (outcome === 'killed') {
        kills += 1;
        await platform.start();
        agents.reconnect();
      }
      await check();
      if (outcome === 'over') return kills;
    }
  }

  async function remove(): Promise<void> {
    const { parts } = platform;
    const present = parts.fleet.application('acme', 'shop');
    if (present === undefined) return;
    const record = { ...present, deletingSince: platform.now };
    await platform.database.applications.save(record);
    parts.fleet.applications.set(record.uid, record);
    await parts.keeper.keep(record);
  }

  async function gone(): Promise<void> {
    await goOn(() => platform.parts.fleet.applications.size === 0);
    expect([...platform.parts.fleet.clusters()]).toEqual([]);
    expect(await platform.database.applications.find({})).toEqual([]);
    expect(await platform.database.clusters.find({})).toEqual([]);
    expect(platform.provider.instances.size).toBe(0);
    expect([...platform.messaging.retained.keys()]).toEqual([]);
  }

  test('of its deletion, an application is gone in the end, with all that it had', async () => {
    const kills = await killedEverywhere(
      async () => {
        await remove();
        await gone();
      },
      gone,
      running,
    );
    expect(kills).toBeGreaterThan(10);
  }, 60_000);

  test('of an apply, it is whole when it is applied again: one service cluster an alias, each with what it needs', async () => {
    const kills = await killedEverywhere(
      () => platform.apply(SHOP),
      async () => {
        await platform.apply(SHOP);
        const records = await platform.database.clusters.find({});
        expect(records.map(({ alias }) => alias).sort()).toEqual(['jobs', 'lb', 'web']);
        await goOn(() => platform.cluster('lb').stable !== null && platform.cluster('lb').rollout === null);
        expect(await platform.database.releases.find({ cluster: platform.cluster('lb').record.uid })).toHaveLength(1);
        await remove();
        await gone();
      },
    );
    expect(kills).toBeGreaterThan(4);
  }, 60_000);

  test('of a change of the environment, the new release is made, once', async () => {
    await running();
    let round = 0;
    const environment = () => ({ ROUND: `${round}` });
    const apply = () =>
      platform.parts.apply.run(OPERATOR, {
        manifests: application('shop', [{ alias: 'web', cartridge: 'node', environment: environment() }]),
        tenant: 'acme',
      });
    const kills = await killedEverywhere(
      () => {
        round += 1;
        return apply();
      },
      async () => {
        // A start makes up for what was stored; what was not even stored is applied again.
        await apply();
        await goOn(() => web().rollout === null && web().pending === null);
        expect(web().stable?.configuration.environment).toEqual(environment());
        const releases = await platform.database.releases.find({ cluster: web().record.uid });
        expect(releases).toHaveLength(round + 1);
        expect(new Set(releases.map(({ artifact }) => artifact)).size).toBe(1);
      },
    );
    expect(kills).toBeGreaterThan(1);
  }, 60_000);
});
