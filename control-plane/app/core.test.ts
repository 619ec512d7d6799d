import { HostClustersInMemory } from './testing/host-clusters.ts';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createNoticeTransport } from '../adapters/notices/transport.ts';
import { drainGuard } from '../adapters/drains/guard.ts';
import { FileDrainPositions } from '../adapters/drains/positions.ts';
import { createDrainTransports } from '../adapters/drains/transports.ts';
import pino from 'pino';
import { eventually } from '../../test/support/eventually.ts';
import { newUid } from '../../schema/ids.ts';
import { Child } from '../adapters/database/testing/child.ts';
import { BrokerFixture } from '../adapters/broker/testing/fixture.ts';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { createToken } from './ask/authenticate.ts';
import { createCore } from './core.ts';
import type { Core } from './core/options.ts';
import { StoreUnavailable } from './errors.ts';
import type { Store } from './ports/store.ts';
import type { Principal } from './principal.ts';
import { application } from './testing/manifests.ts';
import { Platform } from './testing/platform.ts';
import { PROGRAM } from './testing/program.ts';
import { createVault } from '../adapters/secrets/vault.ts';
import { hooked } from './testing/store.ts';

/** Its store, machine, logs and artifacts; its own parts stay idle. */
let platform: Platform;
let broker: BrokerFixture;
let core: Core;
let token: string;
let refuse: (what: string) => Error | undefined;
const told: string[] = [];

beforeEach(async () => {
  platform = await Platform.open();
  broker = await BrokerFixture.open();
  refuse = () => undefined;
  told.length = 0;
  ({ token } = await createToken(
    platform.database,
    { name: 'ann', role: 'admin', tenant: 'acme', application: null, expiresAt: null },
    { now: Date.now(), newUid },
  ));
  core = await make();
});
afterEach(async () => {
  refuse = () => undefined;
  await core.close();
  await broker.close();
  await platform[Symbol.asyncDispose]();
});

async function make(): Promise<Core> {
  const store: Store = hooked(platform.database, {
    before: async (what) => {
      const error = refuse(what);
      if (error !== undefined) throw error;
    },
  });
  const { provider, fetcher, artifacts, builder, buildLogs, logs } = platform;
  return createCore({
    store,
    vault: createVault([]),
    provider,
    tasks: platform.tasks,
    messaging: broker.messaging,
    accounts: broker.messaging,
    fetcher,
    artifacts,
    builder,
    buildLogs,
    logs,
    program: PROGRAM,
    metrics: {
      message: () => undefined,
      staleSamples: () => undefined,
      throttled: () => undefined,
      affinityBroken: () => undefined,
      ejected: () => undefined,
      decision: () => undefined,
      reconciled: () => undefined,
      apiRefused: () => undefined,
      webhookDelivery: () => undefined,
      noticeSent: () => undefined,
      collected: () => undefined,
      archives: () => undefined,
      buildDone: () => undefined,
    },
    logger: pino({}, { write: (line: string) => void told.push((JSON.parse(line) as { msg: string }).msg) }),
    fence: await platform.database.acquireLease('core'),
    brokers: ['mqtt://127.0.0.1:1'],
    isBrokerOutside: false,
    drains: {
      transports: createDrainTransports(drainGuard([])),
      positions: new FileDrainPositions(platform.path('drains')),
    },
    hostClusters: {
      access: new HostClustersInMemory(),
      rules: { commands: [], insecureHosts: [] },
      probeImage: 'probe',
    },
    noticeTransport: createNoticeTransport({ allowed: [], now: Date.now }),
    backtestRunner: {
      run: () => Promise.reject(new Error('nothing is backtested here')),
      close: async () => undefined,
    },
    tenantLogBytesPerSecond: 1024 * 1024,
    controlPlaneUrl: 'http://127.0.0.1:1/instance/v1',
    publicHost: '127.0.0.1',
    findPublicPort: async () => 8000,
    refreshCartridges: async () => undefined,
    runtimes: platform.runtimes,
    publicUrl: null,
    tokenTimes: { lifetimeMilliseconds: null, graceMilliseconds: 600_000 },
    gitPollSeconds: 10,
    disk: { space: async () => platform.space },
    minimumFreeDiskShare: 0.1,
    maximumArchiveBytes: 1e9,
    cacheBounds: { component: 1e9, total: 1e9 },
    buildFolders: platform.buildFolders,
    clock: systemClock,
    newUid,
    random: Math.random,
  });
}

const principal = async (): Promise<Principal> => (await core.useCases.authenticate(token))!;
const PLAIN = application('shop', [{ alias: 'web', cartridge: 'plain' }]);

test('whoever asks before everything is read waits for it; a stranger does not', async () => {
  await expect(core.ready()).rejects.toThrow('still reading');
  let isIn = false;
  const asking = core.useCases.authenticate(token).then((found) => {
    isIn = true;
    return found;
  });
  expect(await core.useCases.authenticate('cw_nobody')).toBeUndefined();
  await platform.database.ping();
  expect(isIn).toBe(false);
  await core.start();
  expect((await asking)?.name).toBe('ann');
  await core.ready();
});

test('what is applied comes to run, by itself', async () => {
  await core.start();
  await core.useCases.mutations.apply(await principal(), { manifests: PLAIN });
  await eventually('an instance of each', () => platform.provider.instances.size === 2);
});

test('while the database refuses what a decision wants, what is gone is noticed all the same', async () => {
  await core.start();
  await core.useCases.mutations.apply(await principal(), { manifests: PLAIN });
  await eventually('an instance of each', () => platform.provider.instances.size === 2);
  const cluster = core.fleet.clusterByKey({ tenant: 'acme', application: 'shop', alias: 'web' })!;
  await eventually('it is known', () => cluster.live()[0]?.observed?.state === 'running');
  const instance = cluster.live()[0]!;
  // Wanted is more than what is stored, and that cannot be stored.
  cluster.record = {
    ...cluster.record,
    override: { kind: 'pin', instances: 2, reason: 'x', by: 'ann', createdAt: 0, expiresAt: Date.now() + 60_000 },
  };
  refuse = (what) => (what === 'transaction' ? new StoreUnavailable('DATABASE_LOCKED', 'locked') : undefined);
  await eventually('it is told', () => told.includes('a reconcile pass failed; it is tried again'));
  platform.provider.end(instance.record.uid, 'signal SIGKILL');
  await eventually('it is noticed', () => instance.record.state === 'terminated');
  expect(cluster.record.wanted).toBe(1);
  refuse = () => undefined;
  await eventually('both run', () => cluster.record.wanted === 2 && cluster.live().length === 2);
});

test('while another process holds the database’s lock every service cluster is decided on each second, and acting waits', async () => {
  await core.start();
  const two = application('blog', [{ alias: 'web', cartridge: 'plain' }]);
  await core.useCases.mutations.apply(await principal(), { manifests: PLAIN + two });
  const clusters = ['shop', 'blog'].map((name) =>
    core.fleet.clusterByKey({ tenant: 'acme', application: name, alias: 'web' })!,
  );
  await eventually('an instance of each', () => platform.provider.instances.size === 4, 20_000);
  const [shop] = clusters;
  const decided = new Map(clusters.map((cluster) => [cluster, [] as number[]]));
  const other = new Child('lock-holding-connection.ts', platform.path('cartwright.db'));
  try {
    await other.says(/^locked$/);
    shop!.record = {
      ...shop!.record,
      override: { kind: 'pin', instances: 2, reason: 'x', by: 'ann', createdAt: 0, expiresAt: Date.now() + 60_000 },
    };
    await eventually(
      'six seconds of decisions of each',
      () => {
        for (const [{ lastDecision }, times] of decided)
          if (lastDecision !== null && lastDecision.lastAt !== times.at(-1)) times.push(lastDecision.lastAt);
        return [...decided.values()].every((times) => times.length >= 6);
      },
      30_000,
    );
    expect(shop!.lastDecision).toMatchObject({ acted: false, reasonCode: 'waits-for-database', from: 1, to: 2 });
    expect(shop!.lastDecision!.sentence).toMatch(/acting waits for the database, for \d+ s\.$/);
    expect(shop!.record.wanted).toBe(1);
  } finally {
    other.process.stdin!.end();
  }
  await eventually('it is wanted', () => shop!.record.wanted === 2, 20_000);
  await eventually('both run', () => shop!.live().length === 2, 20_000);
  expect((await platform.database.clusters.get(shop!.record.uid))?.wanted).toBe(2);
  await other.kill();
});

test('while the database is read-only deciding goes on, what is wanted and started waits, and it goes on by itself', async () => {
  await core.start();
  await core.useCases.mutations.apply(await principal(), { manifests: PLAIN });
  await eventually('an instance of each', () => platform.provider.instances.size === 2);
  const cluster = core.fleet.clusterByKey({ tenant: 'acme', application: 'shop', alias: 'web' })!;
  await eventually('an instance of it', () => cluster.live().length === 1);
  cluster.record = {
    ...cluster.record,
    override: { kind: 'pin', instances: 2, reason: 'x', by: 'ann', createdAt: 0, expiresAt: Date.now() + 60_000 },
  };
  refuse = (what) =>
    /find|get|fence/i.test(what) ? undefined : new StoreUnavailable('DATABASE_READ_ONLY', 'it is read-only');
  await eventually('it waits', () => cluster.lastDecision?.reasonCode === 'waits-for-database', 20_000);
  const { lastAt } = cluster.lastDecision!;
  await eventually('it is decided on and on', () => cluster.lastDecision!.lastAt > lastAt + 2000, 20_000);
  expect([cluster.record.wanted, platform.provider.instances.size]).toEqual([1, 2]);
  const failures = told.filter((line) => line === 'a reconcile pass failed; it is tried again');
  expect(failures.length).toBeLessThanOrEqual(2);
  refuse = () => undefined;
  await eventually('both run', () => cluster.record.wanted === 2 && cluster.live().length === 2, 20_000);
});

test('what one part cannot write when it closes does not keep the others from closing', async () => {
  await core.start();
  await core.useCases.mutations.apply(await principal(), { manifests: PLAIN });
  await eventually('an instance of each', () => platform.provider.instances.size === 2);
  const [first, second] = [...core.fleet.clusters()];
  for (const cluster of [first!, second!]) cluster.record = { ...cluster.record, startSeconds: [4] };
  await eventually('nothing else is under way', () => first!.rollout !== null && second!.rollout !== null);
  let isFirst = true;
  refuse = (what) => {
    if (what !== 'clusters.save' || !isFirst) return undefined;
    isFirst = false;
    return new Error('locked');
  };
  await expect(core.close()).rejects.toThrow('locked');
  expect((await platform.database.clusters.get(second!.record.uid))?.startSeconds).toEqual([4]);
  expect(platform.provider.instances.size).toBe(2);
});

test('an application that cannot be kept does not keep the control plane from starting', async () => {
  await core.start();
  await core.useCases.mutations.apply(await principal(), { manifests: PLAIN });
  await core.close();
  refuse = (what) => (what === 'transaction' ? new Error('locked') : undefined);
  const [record] = await platform.database.applications.find({});
  const manifest = structuredClone(record!.manifest);
  for (const component of manifest.spec.components)
    if (component.kind === 'cartridge') component.environment = { MODE: 'b' };
  await platform.database.applications.save({ ...record!, manifest });
  core = await make();
  await core.start();
  await core.ready();
  expect(told).toContain('an application could not be brought to its manifest; apply it again');
});
