import { beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import { SecretError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { KeptRelease } from '../ports/provider.ts';
import type { Repositories } from '../ports/store.ts';
import type { SecretVersionRecord } from '../records/configuration.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { clusterOf } from '../testing/records.ts';
import { ReleaseKeeper, type ReleaseKeeperOptions } from './release-keeper.ts';

let cluster: ClusterState;
let kept: (readonly [string, KeptRelease | null])[];
let now: number;
let version: SecretVersionRecord;
let metadata: string | null;

beforeEach(() => {
  cluster = clusterOf();
  kept = [];
  now = 1_000_000;
  metadata = null;
  version = { name: 'KEY', version: 1, uid: 'key-1', sealed: { key: 'k', nonce: '', text: 'hush' } } as never;
});

const provider = { keepRelease: (uid: string, release: KeptRelease | null) => void kept.push([uid, release]) };

function keeper(changes: Partial<ReleaseKeeperOptions> = {}): ReleaseKeeper {
  const store = {
    secretVersions: { get: async () => version },
    metadata: { get: async (uid: string) => ({ uid, generation: 2, entries: { greeting: 'hello' } }) },
  } as unknown as Repositories;
  return new ReleaseKeeper({
    ...{ provider, store },
    fleet: { clustersOf: () => [], certificates: new Map() },
    publisher: {
      asPublished: async ({ uid, configurationDigest }) => ({
        ...{ release: uid, artifacts: [], configurationDigest },
        configurationUrl: `http://paas.example/releases/${uid}/configuration`,
      }),
    },
    vault: { open: (_identity: unknown, { text }: { text: string }) => text } as never,
    metadataVersion: () => metadata,
    documentsBase: 'http://paas.example',
    reportIntervalSeconds: 5,
    logger: pino({ level: 'silent' }),
    now: () => now,
    ...changes,
  });
}

function release(uid: string, configuration: Partial<ReleaseRecord['configuration']> = {}): ReleaseRecord {
  return {
    ...{ uid, configurationDigest: '0'.repeat(64) },
    configuration: { v: 1, release: uid, environment: { A: '1' }, ...configuration },
  } as ReleaseRecord;
}

const SECRETS = [{ name: 'KEY', version: 1, uid: 'key-1', delivery: 'environment' as const }];

test('the stable release is kept, once for as long as it is the same', async () => {
  const keeping = keeper();
  await keeping.keep(cluster);
  expect(kept).toEqual([]);
  cluster.stable = release('r1');
  cluster.candidate = release('r2');
  await keeping.keep(cluster);
  now += 3_600_000;
  await keeping.keep(cluster);
  const { tenant, application, alias, uid } = cluster.record;
  expect(kept).toEqual([
    [
      uid,
      expect.objectContaining({
        identity: { tenant, application, alias, cluster: uid },
        stable: expect.objectContaining({ release: 'r1' }),
        configuration: '{"environment":{"A":"1"},"release":"r1","v":1}',
      }),
    ],
  ]);
  // Promoted.
  cluster.stable = cluster.candidate;
  await keeping.keep(cluster);
  expect(kept.map(([, one]) => one?.stable.release)).toEqual(['r1', 'r2']);
});

test('its secrets and its metadata come with it', async () => {
  cluster.stable = release('r1', { v: 2, secrets: SECRETS });
  metadata = '2.2';
  await keeper().keep(cluster);
  expect(kept[0]![1]).toMatchObject({
    secrets: { v: 1, release: 'r1', values: { KEY: 'hush' } },
    metadata: { version: '2.2', application: { greeting: 'hello' } },
  });
});

test('a secret that is revoked takes the release away, whoever forgets to say so', async () => {
  const keeping = keeper();
  cluster.stable = release('r1', { v: 2, secrets: SECRETS });
  await keeping.keep(cluster);
  version = { ...version, sealed: null, revokedAt: 5, revokedBy: 'somebody' };
  await keeping.keep(cluster);
  expect(kept).toHaveLength(1);
  now += 30_000;
  await keeping.keep(cluster);
  expect(kept.map(([, one]) => one === null)).toEqual([false, true]);
});

test('what failed is tried again with the next pass', async () => {
  let isAway = true;
  const keeping = keeper({
    publisher: {
      asPublished: async () => {
        if (isAway) throw new Error('the database is away');
        return { release: 'r1' } as never;
      },
    },
  });
  cluster.stable = release('r1');
  await expect(keeping.keep(cluster)).rejects.toThrow('away');
  isAway = false;
  await keeping.keep(cluster);
  expect(kept).toHaveLength(1);
});

test('a service cluster that is being deleted, or whose provider begins no instance by itself, is left alone', async () => {
  cluster.stable = release('r1');
  await keeper({ provider: {} }).keep(cluster);
  cluster.record = { ...cluster.record, deletingSince: 5 };
  await keeper().keep(cluster);
  expect(kept).toEqual([]);
});

test('a load balancer has with it what it goes by, without anybody who is there, and again when that changes', async () => {
  const balancer = clusterOf('lb', 'lb');
  balancer.stable = release('lb-1');
  const all = [balancer, cluster];
  const keeping = keeper({ fleet: { clustersOf: () => all, certificates: new Map() } });
  await keeping.keep(balancer);
  await keeping.keep(balancer);
  all.pop();
  await keeping.keep(balancer);
  const said = kept.map(([, one]) =>
    one!.balancing!.map(({ alias, topology }) => [alias, topology.epoch, topology.aliases]),
  );
  const { alias: own } = balancer.record;
  const { alias } = cluster.record;
  expect(said).toEqual([
    [
      [own, 0, [own, alias]],
      [alias, 0, undefined],
    ],
    [[own, 0, [own]]],
  ]);
  expect(kept[0]![1]!.balancing!.flatMap(({ topology }) => Object.keys(topology))).not.toContain('members');
});

test('a load balancer has the certificates of its application with it, and again when they are others; an instance has none', async () => {
  const balancer = clusterOf('lb', 'lb');
  balancer.stable = release('lb-1');
  cluster.stable = release('r1');
  const text = JSON.stringify({ chain: 'a chain', key: 'a private key' });
  const records = [{ uid: 'c1', name: 'shop.example.org', version: 1, isDefault: true, sealed: { text } }];
  const certificates = new Map([balancer, cluster].map(({ record }) => [record.applicationUid, 'revision 1']));
  let isLost = false;
  const keeping = keeper({
    fleet: { clustersOf: () => [], certificates },
    store: { certificates: { find: async () => records } } as never,
    vault: {
      open: () => {
        if (isLost) throw new SecretError('SECRET_KEY_MISSING', 'its key is lost');
        return text;
      },
    } as never,
  });
  for (const one of [balancer, balancer, cluster]) await keeping.keep(one);
  isLost = true;
  certificates.set(balancer.record.applicationUid, 'revision 2');
  await keeping.keep(balancer);
  const held = [{ host: 'shop.example.org', chain: 'a chain', key: 'a private key', isDefault: true }];
  expect(kept.map(([uid, one]) => [uid, one?.certificates?.certificates])).toEqual([
    [balancer.record.uid, held],
    [cluster.record.uid, undefined],
    [balancer.record.uid, undefined],
  ]);
});
