/**
 * Which instance a pod is, as a real API server vouches for it, with no more rights than the ClusterRole gives. The first pods need no container
 * that runs: that they are there, and whose, is all that is asked. Those of the last test serve, and their tokens end every half minute.
 */
import { CoreV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { connectAsync } from 'mqtt';
import { createHostClusterAccess } from '../../control-plane/adapters/kubernetes/host-clusters/access.ts';
import { connect, type Connection } from '../../control-plane/adapters/kubernetes/host-clusters/connection.ts';
import { namespaceOf, podAudience } from '../../control-plane/adapters/kubernetes/objects/names.ts';
import { INSTANCE_ACCOUNT } from '../../control-plane/adapters/kubernetes/objects/tenant.ts';
import { createKubernetesProvider } from '../../control-plane/adapters/kubernetes/provider.ts';
import { InstanceAccess } from '../../control-plane/app/instance-access.ts';
import { createExchange, type ExchangeIdentity } from '../../control-plane/app/identity/exchange.ts';
import { parseKubeconfig } from '../../control-plane/app/host-clusters/kubeconfig.ts';
import type { HostClusterProvider } from '../../control-plane/app/ports/host-cluster-provider.ts';
import type { HostClusterLink } from '../../control-plane/app/ports/host-clusters.ts';
import type { HostClusterRecord } from '../../control-plane/app/records/host-clusters.ts';
import { application } from '../../control-plane/app/testing/manifests.ts';
import { only, Platform } from '../../control-plane/app/testing/platform.ts';
import { newUid } from '../../schema/ids.ts';
import { eventually } from '../support/eventually.ts';
import { WORKING } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { testAccount, testCluster, type TestAccount } from './accounts.ts';
import { kubectl } from './cluster.ts';
import { KubernetesWorld, LIMIT } from './world.ts';

jest.setTimeout(900_000);

const ID = `cw-${newUid().slice(-10)}`;
const NAMESPACE = namespaceOf(ID, 'acme');
const AUDIENCE = podAudience(ID);
const never = new AbortController().signal;
/** Where an agent keeps what it was answered. */
const TOKEN = '/cartwright/data/token';
const hostCluster = newUid();
const HOST_CLUSTER: HostClusterRecord = {
  ...{ uid: hostCluster, name: 'here', tenant: '', generation: 1, createdAt: 0, updatedAt: 0, updatedBy: 'test' },
  ...{ clusterUid: 'here', server: 'https://here', context: 'here', credentialKind: 'token', version: 1 },
  ...{ credentialEndsAt: null, noticedDays: null, ca: null, drainingSince: null, probe: { state: 'skipped' } },
  ...{ brokerUrl: 'mqtts://broker.example:8883', controlPlaneUrl: 'https://cartwright.example' },
  sealed: { key: 'none', nonce: '', text: '' },
};

let core: CoreV1Api;
let account: TestAccount;
let connection: Connection;
let link: HostClusterLink;
let provider: HostClusterProvider;
let platform: Platform;
let instance: string;
let exchange: ExchangeIdentity;

beforeAll(async () => {
  const cluster = testCluster();
  core = cluster.config.makeApiClient(CoreV1Api);
  account = await testAccount(cluster, `identity-${ID}`);
  const credential = parseKubeconfig(account.kubeconfig, { commands: [], insecureHosts: [], now: Date.now() });
  connection = connect(credential);
  provider = await createKubernetesProvider({
    ...{ config: connection.config, platform: ID, namespacePrefix: ID, audience: AUDIENCE },
    imageOf: () => ({ image: `registry.invalid/nothing@sha256:${'0'.repeat(64)}` }),
  });
  link = createHostClusterAccess({ platform: ID }).open(credential);
  platform = await Platform.open();
  platform.tokenTimes = { lifetimeMilliseconds: 3_600_000, graceMilliseconds: 600_000 };
  await platform.start();
  await platform.database.hostClusters.save(HOST_CLUSTER);
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await platform.release();
  await platform.pass();
  instance = only(platform.cluster('web')).record.uid;
  // The same instance as a pod: what the app has begun on its machine in memory.
  await provider.create(platform.provider.instances.get(instance)!.request);
  exchange = createExchange({
    ...{ store: platform.database, fleet: platform.parts.fleet },
    hostClusters: { reviewPodToken: (_, token, audience) => link.reviewPodToken(token, audience, never) },
    pods: {
      audience: AUDIENCE,
      serviceAccount: INSTANCE_ACCOUNT,
      instanceOf: (_, pod) => provider.instanceOf(pod),
      taskOf: () => undefined,
      buildOf: () => undefined,
    },
    tasks: platform.parts.tasks,
    ...{ tokens: platform.parts.agentTokens, tokenTimes: platform.tokenTimes },
    documentsBase: 'http://127.0.0.1:8080/instance/v1',
    logger: { warn: () => undefined },
    clock: { monotonic: () => performance.now() },
  });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await provider.close();
  await Promise.all([link.close(), connection.close()]);
  await core.deleteNamespace({ name: NAMESPACE });
  await account[Symbol.asyncDispose]();
});

interface Pod {
  readonly name: string;
  readonly uid: string;
}

/** The pod of the instance. */
async function itsPod(): Promise<Pod> {
  const [name, uid] = await eventually('the instance has a pod', async () => {
    const { items } = await core.listNamespacedPod({ namespace: NAMESPACE });
    const found = items.find(({ metadata }) => provider.instanceOf(metadata!.uid!) === instance);
    return found && ([found.metadata!.name!, found.metadata!.uid!] as const);
  });
  return { name, uid };
}

/** As the kubelet asks for it, for the volume of a pod. */
async function tokenOf(pod: Pod | undefined, audience = AUDIENCE, name = INSTANCE_ACCOUNT): Promise<string> {
  const boundObjectRef = pod && { apiVersion: 'v1', kind: 'Pod', ...pod };
  const spec = { audiences: [audience], expirationSeconds: 600, ...(boundObjectRef && { boundObjectRef }) };
  const { status } = await core.createNamespacedServiceAccountToken({ namespace: NAMESPACE, name, body: { spec } });
  return status!.token!;
}

async function makePod(name: string, serviceAccountName: string): Promise<Pod> {
  const restricted = {
    ...{ allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const made = await core.createNamespacedPod({
    namespace: NAMESPACE,
    body: {
      metadata: { name },
      spec: {
        serviceAccountName,
        // No node takes it.
        schedulerName: 'nobody',
        containers: [{ name: 'nothing', image: 'registry.invalid/nothing', securityContext: restricted }],
      },
    },
  });
  return { name, uid: made.metadata!.uid! };
}

/** The code of the refusal. */
const refusal = (token: string): Promise<unknown> =>
  exchange({ v: 1, hostCluster, token }).then(
    () => 'it was answered',
    ({ code }: { readonly code: unknown }) => code,
  );

test('a pod of an instance is told which it is, and the same again', async () => {
  const token = await tokenOf(await itsPod());
  const answer = await exchange({ v: 1, hostCluster, token });
  expect(answer).toMatchObject({
    document: { instance, tenant: 'acme', alias: 'web', brokers: ['mqtts://broker.example:8883'] },
  });
  const access = new InstanceAccess(platform.database, platform.parts.vault, () => platform.now, platform.tokenTimes);
  expect(await access.byToken(answer.token)).toMatchObject({ instance });
  expect(await exchange({ v: 1, hostCluster, token })).toEqual(answer);
});

test('a token for another audience, such as another platform or the API server itself, is of no use', async () => {
  const pod = await itsPod();
  expect(await refusal(await tokenOf(pod, podAudience('another')))).toBe('UNAUTHENTICATED');
  expect(await refusal(await tokenOf(pod, 'https://kubernetes.default.svc'))).toBe('UNAUTHENTICATED');
});

test('neither is one of another account, or of no pod', async () => {
  await eventually('the default account', () =>
    core.readNamespacedServiceAccount({ namespace: NAMESPACE, name: 'default' }),
  );
  const other = await makePod('other-account', 'default');
  expect(await refusal(await tokenOf(other, AUDIENCE, 'default'))).toBe('UNAUTHENTICATED');
  expect(await refusal(await tokenOf(undefined))).toBe('UNAUTHENTICATED');
  expect(await refusal('not.a.token')).toBe('UNAUTHENTICATED');
});

test('a pod that nobody of the platform made stays without an instance', async () => {
  const stranger = await makePod('stranger', INSTANCE_ACCOUNT);
  expect(await refusal(await tokenOf(stranger))).toBe('UNBOUND');
});

test('a pod that is gone is nobody any more, and the one in its place is not its instance', async () => {
  const pod = await itsPod();
  const token = await tokenOf(pod);
  await core.deleteNamespacedPod({ namespace: NAMESPACE, name: pod.name, gracePeriodSeconds: 0 });
  // API servers keep what they have said of a token for some seconds.
  await eventually('its token is refused', async () => (await refusal(token)) === 'UNAUTHENTICATED', 60_000);
  const next = await eventually('another pod is there', async () => {
    const { items } = await core.listNamespacedPod({ namespace: NAMESPACE, labelSelector: 'cartwright.dev/alias=web' });
    const found = items.find(({ metadata }) => metadata!.uid !== pod.uid);
    return found && { name: found.metadata!.name!, uid: found.metadata!.uid! };
  });
  expect(await refusal(await tokenOf(next))).toBe('UNBOUND');
});

test('pods that serve have another token every half minute, nobody is refused meanwhile, and the first ones open nothing any more', async () => {
  const settings = { CARTWRIGHT_INSTANCE_TOKEN_SECONDS: '30', CARTWRIGHT_TOKEN_GRACE_SECONDS: '20' };
  await using world = await KubernetesWorld.open({ name: 'timed', settings });
  const { namespace, platform: program } = world;
  await world.register('here');
  // A machine that is busy with something else would have it scaled.
  await world.deploy(WORKING('one'), { autoscaling: { minimum: 1, maximum: 1 } });
  await eventually('one instance', async () => (await world.active()).length === 1, LIMIT);
  await eventually('two load balancers', async () => (await world.active('lb')).length === 2, LIMIT);
  const url = await eventually('an answer', async () =>
    (await getText(await world.url())) === 'one' ? world.url() : '',
  );
  const present = async (): Promise<string[]> => [...(await world.active()), ...(await world.active('lb'))];
  const running = await present();
  /** What each pod has, by the instance that it says. */
  const tokens = async (): Promise<Map<string, string>> => {
    const names = (await kubectl('-n', namespace, 'get', 'pods', '-l', 'cartwright.dev/alias', '-o', 'name'))
      .trim()
      .split('\n');
    const read = names.map(async (name) => (await kubectl('-n', namespace, 'exec', name, '--', 'cat', TOKEN)).trim());
    return new Map((await Promise.all(read)).map((token) => [token.split('.')[0]!, token]));
  };
  const answered = async (token: string): Promise<number> =>
    (await fetch(`${program.url}/instance/v1/metadata`, { headers: { authorization: `Bearer ${token}` } })).status;
  const broker = `mqtt://${new URL(program.url).hostname}:${program.environment.CARTWRIGHT_MQTT_PORT}`;
  const comesIn = async (uid: string, password: string): Promise<boolean> => {
    const client = await connectAsync(broker, {
      ...{ clientId: uid, username: uid, password, protocolVersion: 4, reconnectPeriod: 0 },
    }).catch(() => undefined);
    await client?.endAsync();
    return client !== undefined;
  };

  const first = await tokens();
  expect([...first.keys()].toSorted()).toEqual(running.toSorted());
  const seen = new Map(running.map((uid) => [uid, new Set([first.get(uid)!])]));
  const load = steadyLoad(url, 2);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => load.stop().then(() => undefined));
  await eventually(
    'each has had three tokens',
    async () => {
      for (const [uid, token] of await tokens()) seen.get(uid)!.add(token);
      return [...seen.values()].every(({ size }) => size >= 3);
    },
    LIMIT,
  );
  await eventually(
    'the first ones have ended',
    async () => (await Promise.all([...first.values()].map(answered))).every((status) => status === 401),
    LIMIT,
  );
  const { sent, failed } = await load.stop();
  expect(sent).toBeGreaterThan(100);
  expect(failed).toEqual([]);
  // Nobody of them was refused at the broker, and none was missed.
  const refusals = /broker_refusals_total\{reason="credentials"\} [1-9]/;
  expect(await getText(`${program.url}/metrics`)).not.toMatch(refusals);
  expect(await world.events('instance.unreachable')).toEqual([]);
  expect(await world.events('instance.token-renewed')).toEqual([]);
  expect(await present()).toEqual(running);
  for (const [uid, token] of first) expect(await comesIn(uid, token)).toBe(false);
  expect(await getText(`${program.url}/metrics`)).toMatch(refusals);
  const last = await tokens();
  for (const [uid, token] of last) expect([uid, await answered(token)]).toEqual([uid, 200]);
  expect(await comesIn(running[0]!, last.get(running[0]!)!)).toBe(true);
});
