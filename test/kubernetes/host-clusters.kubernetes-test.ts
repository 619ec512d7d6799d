/** Host clusters on a real Kubernetes, by the control plane's own code and with no more rights than the ClusterRole gives. */
import { createServer as createHttp } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { CoreV1Api } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { BrokerFixture } from '../../control-plane/adapters/broker/testing/fixture.ts';
import { createHostClusterAccess } from '../../control-plane/adapters/kubernetes/host-clusters/access.ts';
import { platformLabels } from '../../control-plane/adapters/kubernetes/objects/names.ts';
import { parseKubeconfig } from '../../control-plane/app/host-clusters/kubeconfig.ts';
import type { HostClusterLink } from '../../control-plane/app/ports/host-clusters.ts';
import { eventually } from '../support/eventually.ts';
import { issue } from '../support/certificate.ts';
import { controlPlaneRules, testAccount, testCluster, type TestAccount, type TestCluster } from './accounts.ts';
import { addressOfThisMachine } from './cluster.ts';

const IMAGE = process.env.CARTWRIGHT_TEST_PROBE_IMAGE ?? 'node:24-bookworm-slim';
const never = new AbortController().signal;
const PLATFORM = 'hosts';
const access = createHostClusterAccess({
  ...{ platform: PLATFORM, requestTimeoutMilliseconds: 5_000, connectTimeoutMilliseconds: 1_000 },
});

let cluster: TestCluster;
let core: CoreV1Api;
let account: TestAccount;
let machine: string;
let links: HostClusterLink[];
let servers: Server[];
let sockets: Socket[];

beforeAll(async () => {
  cluster = testCluster();
  core = cluster.config.makeApiClient(CoreV1Api);
  machine = await addressOfThisMachine();
  account = await testAccount(cluster, 'hosts');
});
afterAll(async () => {
  await account[Symbol.asyncDispose]();
});
beforeEach(() => {
  [links, servers, sockets] = [[], [], []];
});
afterEach(async () => {
  await Promise.all(links.map((link) => link.close()));
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
});

function open(kubeconfig: string): HostClusterLink {
  const link = access.open(parseKubeconfig(kubeconfig, { commands: [], insecureHosts: [], now: Date.now() }));
  links.push(link);
  return link;
}
async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
  return (server.address() as AddressInfo).port;
}
/** A port at which nothing listens. */
async function closed(): Promise<number> {
  const port = await listen(createTcp());
  await new Promise((done) => servers.pop()!.close(done));
  return port;
}
/** The kubeconfig with other fields of its cluster. */
function changed(kubeconfig: string, fields: Readonly<Record<string, unknown>>): string {
  const file = parse(kubeconfig) as { clusters: { cluster: object }[] };
  const clusters = file.clusters.map((entry) => ({ ...entry, cluster: { ...entry.cluster, ...fields } }));
  return stringify({ ...file, clusters });
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as { code: string; message: string },
  );

test('the ClusterRole gives every right that a registration asks for, and the cluster is known by its uid', async () => {
  const link = open(account.kubeconfig);
  expect(await link.missingRights(never)).toEqual([]);
  const { version, clusterUid } = await link.identify(never);
  expect(version).toMatch(/^v1\.\d+\./);
  expect(clusterUid).toBe((await core.readNamespace({ name: 'kube-system' })).metadata?.uid);
});

test('rights that are missing are named, all of them at once', async () => {
  const rules = controlPlaneRules()
    .filter(({ resources }) => !resources!.includes('pods/log'))
    .map((rule) => (rule.resources!.includes('jobs') ? { ...rule, verbs: ['get', 'list'] } : rule));
  await using reduced = await testAccount(cluster, 'reduced', rules);
  expect(await open(reduced.kubeconfig).missingRights(never)).toEqual([
    'pods/log: get',
    'jobs (batch): watch, create, patch, delete',
  ]);
  await using nobody = await testAccount(cluster, 'nobody', []);
  expect((await open(nobody.kubeconfig).missingRights(never)).length).toBeGreaterThan(20);
  expect(await failure(open(nobody.kubeconfig).observe(never))).toMatchObject({ code: 'HOST_CLUSTER_FORBIDDEN' });
});

describe('what is known of a cluster', () => {
  test('follows its pods and nodes', async () => {
    const link = open(account.kubeconfig);
    const before = await link.observe(never);
    expect(before.usableNodes).toBeGreaterThan(0);
    expect(before.room.pods).toBeLessThanOrEqual(before.capacity.pods);
    expect(before.room.cpuCores).toBeGreaterThan(0);
    const { nodes, capacity } = before;
    const [node] = (await core.listNode()).items;
    const namespace = 'hosts-room';
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    try {
      // Bound by the test itself: it need not run to take room.
      const resources = { requests: { cpu: '100m', memory: '64Mi' } };
      const spec = { nodeName: node!.metadata!.name!, containers: [{ name: 'a', image: 'none', resources }] };
      await eventually('the service account', () => core.readNamespacedServiceAccount({ namespace, name: 'default' }));
      await core.createNamespacedPod({ namespace, body: { metadata: { name: 'a' }, spec } });
      await eventually('less room', async () => (await link.observe(never)).room.pods === before.room.pods - 1);
      const { room } = await link.observe(never);
      expect(room.cpuCores).toBeCloseTo(before.room.cpuCores - 0.1, 3);
      expect(room.memoryBytes).toBe(before.room.memoryBytes - 64 * 1024 ** 2);
      await core.deleteNamespacedPod({ namespace, name: 'a', gracePeriodSeconds: 0 });
      await eventually('the room again', async () => (await link.observe(never)).room.pods === before.room.pods);
    } finally {
      await core.deleteNamespace({ name: namespace });
    }
    const cordon = (unschedulable: boolean) =>
      core.replaceNode({
        name: node!.metadata!.name!,
        body: { ...node!, metadata: { name: node!.metadata!.name! }, spec: { ...node!.spec, unschedulable } },
      });
    await cordon(true);
    try {
      await eventually('a node less', async () => (await link.observe(never)).usableNodes === before.usableNodes - 1);
      expect((await link.observe(never)).nodes).toBe(nodes);
    } finally {
      await cordon(false);
    }
    await eventually('the capacity again', async () => (await link.observe(never)).capacity.pods === capacity.pods);
  });

  test('counts the pods of its own platform, and none of another that uses the same host cluster', async () => {
    const link = open(account.kubeconfig);
    expect(await link.countInstances(never)).toBe(0);
    const namespace = 'hosts-count';
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const addPod = (name: string, labels: Record<string, string>) =>
      core.createNamespacedPod({
        namespace,
        body: { metadata: { name, labels }, spec: { nodeName: 'none', containers: [{ name: 'a', image: 'none' }] } },
      });
    try {
      await eventually('the service account', () => core.readNamespacedServiceAccount({ namespace, name: 'default' }));
      await addPod('theirs', platformLabels('another'));
      await addPod('nobodys', {});
      expect(await link.countInstances(never)).toBe(0);
      await addPod('ours', platformLabels(PLATFORM));
      expect(await link.countInstances(never)).toBe(1);
    } finally {
      await core.deleteNamespace({ name: namespace });
    }
  });

  test('a credential that is revoked says so, and another one works', async () => {
    await using short = await testAccount(cluster, 'short');
    const link = open(short.kubeconfig);
    await link.observe(never);
    await short.revoke();
    await eventually(
      'the refusal',
      async () => (await failure(link.observe(never))).code === 'HOST_CLUSTER_UNAUTHORIZED',
    );
    await open(account.kubeconfig).observe(never);
  });

  test('rights that are taken away are named by the API server', async () => {
    await using changing = await testAccount(cluster, 'changing');
    await open(changing.kubeconfig).observe(never);
    await changing.setRules(controlPlaneRules().filter(({ resources }) => !resources!.includes('nodes')));
    const { code, message } = await eventually('the refusal', () => failure(open(changing.kubeconfig).observe(never)));
    expect([code, message]).toEqual([
      'HOST_CLUSTER_FORBIDDEN',
      expect.stringContaining('cannot list resource "nodes"'),
    ]);
  });
});

describe('a kubeconfig that leads', () => {
  const asked = (kubeconfig: string) => failure(open(kubeconfig).missingRights(never));
  const at = (port: number) => changed(account.kubeconfig, { server: `https://127.0.0.1:${port}` });

  test('to an API server of another authority', async () => {
    const ca = Buffer.from(issue('other', { isAuthority: true }).cert).toString('base64');
    const { code } = await asked(changed(account.kubeconfig, { 'certificate-authority-data': ca }));
    expect(code).toBe('HOST_CLUSTER_TLS');
  });

  test('to the right one with a token that is none', async () => {
    const file = parse(account.kubeconfig) as { users: { name: string }[] };
    const users = file.users.map(({ name }) => ({ name, user: { token: 'hunter2' } }));
    const { code, message } = await asked(stringify({ ...file, users }));
    expect([code, message.includes('hunter2')]).toEqual(['HOST_CLUSTER_UNAUTHORIZED', false]);
  });

  test('to the right one with a client certificate that nobody there has issued', async () => {
    const { cert, key } = issue('admin');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const file = parse(account.kubeconfig) as { users: { name: string }[] };
    const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    expect((await asked(stringify({ ...file, users: file.users.map(({ name }) => ({ name, user })) }))).code).toBe(
      'HOST_CLUSTER_UNAUTHORIZED',
    );
  });

  test('to a host that takes the connection and hangs', async () => {
    const began = performance.now();
    expect((await asked(at(await listen(createTcp((socket) => socket.on('error', () => undefined)))))).code).toBe(
      'HOST_CLUSTER_TIMEOUT',
    );
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('to a web server', async () => {
    expect((await asked(at(await listen(createHttp((_request, response) => response.end('hello')))))).code).toBe(
      'HOST_CLUSTER_NOT_KUBERNETES',
    );
  });

  test('nowhere', async () => {
    expect((await asked(at(await closed()))).code).toBe('HOST_CLUSTER_UNREACHABLE');
  });
});

describe('a probe', () => {
  let broker: BrokerFixture;
  beforeAll(async () => {
    broker = await BrokerFixture.open({ host: '0.0.0.0', allowPlaintext: true });
  });
  afterAll(() => broker.close());
  let web: number;
  beforeEach(async () => {
    web = await listen(createHttp((_request, response) => response.end('hello')));
  });

  const probe = async (changes: { image?: string; brokerUrl?: string; controlPlaneUrl?: string } = {}) => {
    const plan = {
      ...{ uid: '01hostclusterxxxxxxxxxxxxx', image: IMAGE, ca: null },
      ...{ brokerUrl: `mqtt://${machine}:${broker.port}`, controlPlaneUrl: `http://${machine}:${web}` },
    };
    return open(account.kubeconfig).probe({ ...plan, ...changes }, AbortSignal.timeout(180_000));
  };
  const isGone = async (): Promise<boolean> => {
    const { items } = await core.listNamespace();
    return !items.some(({ metadata }) => metadata?.name === 'cartwright-system');
  };

  test('passes where the broker and the control plane are reached, and leaves nothing', async () => {
    expect(await probe()).toEqual([]);
    await eventually('the end of the namespace', isGone, 60_000);
  }, 240_000);

  test('names each address that is not reached, and how', async () => {
    const { cert, key } = issue(machine);
    const { createServer } = await import('node:https');
    const secure = await listen(createServer({ cert, key }, (_request, response) => response.end()));
    const failures = [
      ...(await probe({
        brokerUrl: 'mqtt://broker.invalid:1883',
        controlPlaneUrl: `http://${machine}:${await closed()}`,
      })),
      ...(await probe({ brokerUrl: `mqtt://${machine}:${web}`, controlPlaneUrl: `https://${machine}:${secure}` })),
    ];
    expect(failures).toMatchObject([
      { code: 'PROBE_DNS', message: expect.stringContaining('broker.invalid cannot be looked up in a pod') as unknown },
      { code: 'PROBE_CONNECT', message: expect.stringContaining('the control plane, http://') as unknown },
      { code: 'PROBE_PROTOCOL', message: expect.stringContaining('the broker, mqtt://') as unknown },
      { code: 'PROBE_TLS', message: expect.stringContaining('self-signed') as unknown },
    ]);
  }, 240_000);

  test('says with the reason that an image cannot be pulled', async () => {
    const [failure, ...others] = await probe({ image: 'nowhere.invalid/none:1' });
    expect(others).toEqual([]);
    expect(failure).toMatchObject({
      code: 'PROBE_IMAGE',
      message: expect.stringContaining('nowhere.invalid/none:1') as unknown,
    });
    await eventually('the end of the namespace', isGone, 60_000);
  }, 240_000);

  test('leaves a namespace alone that is somebody else’s', async () => {
    await eventually('the end of the namespace', isGone, 60_000);
    await core.createNamespace({ body: { metadata: { name: 'cartwright-system', labels: { owner: 'somebody' } } } });
    try {
      expect(await probe()).toMatchObject([
        { code: 'PROBE_REFUSED', message: expect.stringContaining("somebody else's") as unknown },
      ]);
      const { metadata } = await core.readNamespace({ name: 'cartwright-system' });
      expect(metadata?.labels).toMatchObject({ owner: 'somebody' });
      expect(metadata?.deletionTimestamp).toBeUndefined();
    } finally {
      await core.deleteNamespace({ name: 'cartwright-system' });
    }
  }, 240_000);
});
