/** Registered host clusters on a real Kubernetes whose connection is cut, hangs and returns, through the app and its store. */
import { CoreV1Api } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createHostClusterAccess } from '../../control-plane/adapters/kubernetes/host-clusters/access.ts';
import type { HostCluster } from '../../control-plane/app/host-clusters/use-cases.ts';
import { OPERATOR, Platform } from '../../control-plane/app/testing/platform.ts';
import { eventually } from '../support/eventually.ts';
import { testAccount, testCluster, type TestAccount, type TestCluster } from './accounts.ts';
import type { FaultyProxy } from '../support/faulty-proxy.ts';
import { proxyOf, through } from './proxied.ts';

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly server: string } }[];
}

let cluster: TestCluster;
let core: CoreV1Api;
let account: TestAccount;
let platform: Platform;
let proxy: FaultyProxy;

beforeAll(async () => {
  cluster = testCluster();
  core = cluster.config.makeApiClient(CoreV1Api);
  account = await testAccount(cluster, 'watched');
});
afterAll(async () => {
  await account[Symbol.asyncDispose]();
});
beforeEach(async () => {
  proxy = await proxyOf(account.kubeconfig);
  platform = await Platform.open();
  // Real tokens have real ends.
  platform.now = Date.now();
  platform.hostClusterAccess = createHostClusterAccess({
    platform: 'watched',
    requestTimeoutMilliseconds: 1_500,
    connectTimeoutMilliseconds: 1_000,
  });
  await platform.start();
  platform.parts.hostClusters.start();
});
afterEach(async () => {
  await platform[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

const serverOf = (kubeconfig: string): string => (parse(kubeconfig) as Kubeconfig).clusters[0]!.cluster.server;
const register = (name: string, kubeconfig: string) =>
  platform.parts.mutations.registerHostCluster(OPERATOR, {
    ...{ name, kubeconfig, skipProbe: true },
    ...{ brokerUrl: 'mqtts://broker.example', controlPlaneUrl: 'https://cartwright.example' },
  });
const now = async (name = 'far'): Promise<HostCluster> => (await platform.parts.queries.hostCluster(OPERATOR, name))!;
const becomes = (kind: HostCluster['status']['kind'], name?: string) =>
  eventually(`the cluster to be ${kind}`, async () => (await now(name)).status.kind === kind, 60_000);

test('a host that hangs is unreachable with the reason, delays no other, and is reachable when it answers again', async () => {
  await register('far', through(proxy, account.kubeconfig));
  await becomes('reachable');
  // The same cluster once more, as if it were another: by its own address.
  const stored = (await platform.database.hostClusters.find({}))[0]!;
  const identity = { ...stored, uid: `${stored.uid.slice(0, -4)}near`, name: 'near', clusterUid: 'near' };
  const credential = JSON.parse(platform.parts.vault.open(stored, stored.sealed)) as object;
  const sealed = platform.parts.vault.seal(
    identity,
    JSON.stringify({ ...credential, server: serverOf(account.kubeconfig), tlsServerName: null }),
  );
  await platform.database.hostClusters.save({ ...identity, sealed });
  await platform.parts.hostClusters.look();
  await becomes('reachable', 'near');
  const near = (await now('near')).status;
  const usableNodes = near.kind === 'reachable' ? near.reading.usableNodes : 0;
  expect(usableNodes).toBeGreaterThan(0);
  proxy.hold();
  await becomes('unreachable');
  const { status } = await now();
  expect(status).toMatchObject({
    kind: 'unreachable',
    failure: { code: 'HOST_CLUSTER_TIMEOUT' },
    // As it was last seen.
    reading: { usableNodes },
  });
  const before = (await now('near')).status;
  platform.now += 1;
  await eventually(
    'a look at the other',
    async () => JSON.stringify((await now('near')).status) !== JSON.stringify(before),
    30_000,
  );
  expect((await now('near')).status.kind).toBe('reachable');
  proxy.goOn();
  await becomes('reachable');
  expect((await platform.events('host-cluster.unreachable')).map(({ data }) => data.code)).toEqual([
    'HOST_CLUSTER_TIMEOUT',
  ]);
  expect(await platform.events('host-cluster.reachable')).toHaveLength(1);
}, 180_000);

test('connections that are cut again and again lose no change', async () => {
  await register('far', through(proxy, account.kubeconfig));
  await becomes('reachable');
  const namespace = 'hosts-cut';
  const pods = async (): Promise<number> => {
    const { status } = await now();
    if (status.kind === 'unknown' || status.reading === null) throw new Error('nothing is known');
    return status.reading.capacity.pods - status.reading.room.pods;
  };
  const before = await pods();
  const node = (await core.listNode()).items[0]!.metadata!.name!;
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const cutting = setInterval(() => proxy.cut(), 1_000);
  try {
    await eventually('the service account', () => core.readNamespacedServiceAccount({ namespace, name: 'default' }));
    const spec = { nodeName: node, containers: [{ name: 'a', image: 'none' }] };
    for (const name of ['a', 'b']) await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec } });
    await eventually('two pods more', async () => (await pods()) === before + 2, 60_000);
    await core.deleteNamespacedPod({ namespace, name: 'a', gracePeriodSeconds: 0 });
    await eventually('one pod more', async () => (await pods()) === before + 1, 60_000);
  } finally {
    clearInterval(cutting);
    await core.deleteNamespace({ name: namespace });
  }
}, 240_000);

test('a credential that was revoked says so, and a rotated one takes its place at once', async () => {
  await using short = await testAccount(cluster, 'rotated');
  await register('far', short.kubeconfig);
  await becomes('reachable');
  await short.revoke();
  await becomes('unreachable');
  expect((await now()).status).toMatchObject({ failure: { code: 'HOST_CLUSTER_UNAUTHORIZED' } });
  await platform.parts.mutations.rotateHostCluster(OPERATOR, { name: 'far', kubeconfig: account.kubeconfig });
  await eventually('the answer to the new one', async () => (await now()).status.kind === 'reachable', 5_000);
}, 180_000);
