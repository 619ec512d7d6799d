/** Pods that ask over real HTTP, and the app over a real database. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { identityAnswer, type IdentityAnswer } from '../../../schema/agent/identity.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { HostClusterError } from '../../app/errors.ts';
import { kubeconfig } from '../../app/host-clusters/testing/kubeconfig.ts';
import { createExchange } from '../../app/identity/exchange.ts';
import { InstanceAccess } from '../../app/instance-access.ts';
import type { BuildIdentity } from '../../app/ports/pods.ts';
import type { HostClusterInMemory } from '../../app/testing/host-clusters.ts';
import { application } from '../../app/testing/manifests.ts';
import { only, OPERATOR, Platform } from '../../app/testing/platform.ts';
import { testKey } from '../../app/testing/vault.ts';
import { identityRoutes } from './identity-routes.ts';

const SERVER = 'https://10.0.0.1:6443';
const AUDIENCE = 'cartwright:p1';
const TOKEN = 'eyJh.eyJz.c2ln';
const POD = '0d4e6e9a-6d2f-4a8c-9a30-3f0f1a2b3c4d';
const DOCUMENTS = 'http://127.0.0.1:8080/instance/v1';

let platform: Platform;
let cluster: HostClusterInMemory;
let hostCluster: string;
let instance: string;
/** Instances by the uid of their pod. */
let bound: Map<string, string>;
/** Tasks by the uid of their pod. */
let boundTasks: Map<string, string>;
/** Builds by the uid of their pod. */
const boundBuilds = new Map<string, BuildIdentity>();
let server: Server;
let base: string;
let clock: number;
let logged: string[];

beforeEach(async () => {
  [clock, logged, bound, boundTasks] = [0, [], new Map<string, string>(), new Map<string, string>()];
  platform = await Platform.open();
  platform.tokenTimes = { lifetimeMilliseconds: 3_600_000, graceMilliseconds: 600_000 };
  await platform.start();
  cluster = platform.hostClusters.add(SERVER);
  platform.parts.hostClusters.start();
  const registered = await platform.parts.mutations.registerHostCluster(OPERATOR, {
    ...{ name: 'frankfurt', kubeconfig: kubeconfig({ user: { token: 'hunter2' } }), skipProbe: true },
    ...{ brokerUrl: 'mqtts://broker.example:8883', controlPlaneUrl: 'https://cartwright.example/' },
  });
  hostCluster = registered.uid;
  await eventually('the host cluster is watched', async () => cluster.looks > 0);
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await platform.release();
  await platform.pass();
  instance = only(platform.cluster('web')).record.uid;
  cluster.pods.set(TOKEN, {
    audience: AUDIENCE,
    uid: POD,
    namespace: 'cartwright-acme',
    serviceAccount: 'cartwright-instance',
  });
  bound.set(POD, instance);
  await serve();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await platform[Symbol.asyncDispose]();
});

async function serve(): Promise<void> {
  const logger = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const exchange = createExchange({
    store: platform.database,
    fleet: platform.parts.fleet,
    hostClusters: platform.parts.hostClusters,
    pods: {
      audience: AUDIENCE,
      serviceAccount: 'cartwright-instance',
      instanceOf: (host, pod) => (host === hostCluster ? bound.get(pod) : undefined),
      taskOf: (host, pod) => (host === hostCluster ? boundTasks.get(pod) : undefined),
      buildOf: (host, pod) => (host === hostCluster ? boundBuilds.get(pod) : undefined),
    },
    tasks: platform.parts.tasks,
    tokens: platform.parts.agentTokens,
    documentsBase: DOCUMENTS,
    tokenTimes: platform.tokenTimes,
    logger,
    clock: { monotonic: () => clock },
  });
  const app = express().use(identityRoutes({ exchange, logger, monotonic: () => clock }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = (body: string) => fetch(`${base}/instance/v1/identity`, { method: 'POST', body });
const ask = (changes: object = {}) => post(JSON.stringify({ v: 1, hostCluster, token: TOKEN, ...changes }));
const answered = async (): Promise<IdentityAnswer> => {
  const response = await ask();
  expect(response.status).toBe(200);
  return identityAnswer.parse(await response.json());
};
/** Status, code and when to ask again. */
const refused = async (asked: Promise<Response>) => {
  const response = await asked;
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(error.message).not.toContain(TOKEN);
  return [response.status, error.code, response.headers.get('retry-after')];
};
const accepts = async (token: string) => {
  const access = new InstanceAccess(platform.database, platform.parts.vault, () => platform.now, platform.tokenTimes);
  return (await access.identify(instance, token)) !== undefined;
};

describe('a pod that is an instance', () => {
  test('is told which, as its host cluster reaches the platform, with a token that counts', async () => {
    const { document, token, renewAfterSeconds, brokerCa } = await answered();
    const begun = platform.provider.instances.get(instance)!;
    expect(document).toEqual({
      ...JSON.parse(JSON.stringify(begun.request.document)),
      brokers: ['mqtts://broker.example:8883'],
      controlPlane: 'https://cartwright.example/instance/v1',
      documentsBase: DOCUMENTS,
      ports: begun.ports,
      cartridge: { name: 'node', spec: begun.request.document.cartridge.spec },
    });
    expect(await accepts(token)).toBe(true);
    // What its tokens are made of is told to nobody, and opens nothing.
    expect(token).not.toContain(begun.request.token);
    expect(await accepts(begun.request.token)).toBe(false);
    expect([renewAfterSeconds, brokerCa]).toEqual([300, undefined]);
  });

  test('is answered the same again, and another token in its next period', async () => {
    const first = await answered();
    expect(await answered()).toEqual(first);
    platform.now += 3_600_000;
    const next = await answered();
    expect(next).toEqual({ ...first, token: expect.any(String) });
    expect([next.token === first.token, await accepts(next.token)]).toEqual([false, true]);
  });

  test('is to ask again while the broker does not take its token', async () => {
    platform.accounts.isReached = false;
    expect(await refused(ask())).toEqual([503, 'NOT_READY', '5']);
    platform.accounts.isReached = true;
    const { token } = await answered();
    platform.accounts.isReached = false;
    expect((await answered()).token).toBe(token);
  });

  test('has its token of the newest key once that counts, and never one that does not', async () => {
    const { token: first } = await answered();
    platform.keys.push(testKey());
    await platform.start();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    platform.parts.hostClusters.start();
    const looks = cluster.looks;
    await eventually('the host cluster is watched again', async () => cluster.looks > looks);
    await serve();
    const { token: second } = await answered();
    expect(second).not.toBe(first);
    expect(await accepts(second)).toBe(true);
    await platform.parts.tokenRenewal.look();
    await platform.parts.journal.settle();
    expect((await answered()).token).toBe(second);
    expect(await accepts(second)).toBe(true);
  });

  test('leaves no token in a log, an event or an audit record', async () => {
    const { token } = await answered();
    cluster.failure = new HostClusterError('HOST_CLUSTER_FAILED', 'it failed');
    await ask();
    await platform.parts.recorded();
    const kept = JSON.stringify([
      logged,
      await platform.database.events.newest({}, 200),
      await platform.database.audit.find({}, {}),
    ]);
    expect(kept).toContain('does not say which pod');
    for (const secret of [TOKEN, token]) expect(kept).not.toContain(secret);
  });
});

describe('a pod that runs a one-off task', () => {
  test('is told what to run, as its host cluster reaches the platform, with the token that it was begun with', async () => {
    bound.clear();
    const record = await platform.parts.mutations.runTask(OPERATOR, {
      ...{ tenant: 'acme', application: 'shop', alias: 'web', command: ['migrate'] },
    });
    boundTasks.set(POD, record.uid);
    const { document, token } = await answered();
    expect(document).toMatchObject({
      instance: record.uid,
      brokers: ['mqtts://broker.example:8883'],
      controlPlane: 'https://cartwright.example/instance/v1',
      ports: [],
      task: { program: { kind: 'command', command: ['migrate'] } },
    });
    expect(document.task!.release.configurationUrl).toMatch(/^https:\/\/cartwright\.example\/instance\/v1\//);
    expect(token).toBe(platform.tasks.tasks.get(record.uid)!.request.token);
    const access = new InstanceAccess(platform.database, platform.parts.vault, () => platform.now, platform.tokenTimes);
    expect(await access.taskByToken(token)).toBe(record.uid);
    // What could not be ended, or was begun too late, is told nothing.
    platform.tasks.end(record.uid, { kind: 'exited', code: 0 });
    await eventually('its end', async () => {
      await platform.parts.tasks.look(record.uid);
      return (await platform.database.tasks.get(record.uid))?.finishedAt !== null;
    });
    expect(await refused(ask())).toEqual([403, 'FORBIDDEN', null]);
    expect(await access.taskByToken(token)).toBeUndefined();
  });
});

test('a pod that runs a build is told what to build, without anything of the service cluster’s', async () => {
  bound.clear();
  const {
    cartridge,
    tenant,
    application,
    alias,
    cluster: uid,
  } = platform.provider.instances.get(instance)!.request.document;
  const build = { source: { digest: `sha256-${'0'.repeat(64)}`, bytes: 3 }, hook: 'hooks/build', environment: {} };
  boundBuilds.set(POD, {
    document: {
      ...{ v: 1, tenant, application, alias, cluster: uid, instance: 'b1', brokers: [], controlPlane: '', cartridge },
      build: { ...build, maximumBytes: 1e6, timeoutSeconds: 60 },
    },
    token: 'of-the-build',
  });
  const { document, token } = await answered();
  expect([token, document.instance, document.controlPlane]).toEqual([
    'of-the-build',
    'b1',
    'https://cartwright.example/instance/v1',
  ]);
  expect(document.build).toMatchObject(build);
  boundBuilds.clear();
  expect(await refused(ask())).toEqual([409, 'UNBOUND', '1']);
});

describe('nothing is told to', () => {
  test('a pod that no instance has taken yet, which is to ask again', async () => {
    bound.clear();
    expect(await refused(ask())).toEqual([409, 'UNBOUND', '1']);
    bound.set(POD, 'nobody');
    expect(await refused(ask())).toEqual([409, 'UNBOUND', '1']);
  });

  test('what is no token of the cluster, or is for somebody else', async () => {
    const none = [401, 'UNAUTHENTICATED', null];
    expect(await refused(ask({ token: 'a.b.c' }))).toEqual(none);
    cluster.pods.set(TOKEN, { ...cluster.pods.get(TOKEN)!, audience: 'cartwright:p2' });
    expect(await refused(ask())).toEqual(none);
  });

  test('another account, and a host cluster that is none', async () => {
    const none = [401, 'UNAUTHENTICATED', null];
    expect(await refused(ask({ hostCluster: 'elsewhere' }))).toEqual(none);
    cluster.pods.set(TOKEN, { ...cluster.pods.get(TOKEN)!, serviceAccount: 'default' });
    expect(await refused(ask())).toEqual(none);
  });

  test('the pod of an instance that has ended', async () => {
    const state = only(platform.cluster('web'));
    await platform.parts.instances.stop(platform.cluster('web'), state, null);
    expect(await refused(ask())).toEqual([403, 'FORBIDDEN', null]);
  });

  test('anybody while the host cluster cannot be asked', async () => {
    cluster.failure = new HostClusterError('HOST_CLUSTER_UNREACHABLE', `${SERVER}: nothing listens there`);
    expect(await refused(ask())).toEqual([503, 'NOT_READY', '5']);
    cluster.failure = null;
    await answered();
  });

  test('what is not understood', async () => {
    const wrong = [400, 'INVALID', null];
    for (const body of ['', '{', '[]', '{"v":1}']) expect(await refused(post(body))).toEqual(wrong);
    for (const token of ['', 'a.b', `${TOKEN}\n`, 'a.b.c.d', `a.${'b'.repeat(9000)}.c`])
      expect(await refused(ask({ token }))).toEqual(wrong);
    for (const changes of [{ v: 2 }, { hostCluster: '../x' }]) expect(await refused(ask(changes))).toEqual(wrong);
    expect(await refused(post('x'.repeat(20_000)))).toEqual([413, 'PAYLOAD_TOO_LARGE', null]);
    expect((await fetch(`${base}/instance/v1/identity`)).status).toBe(405);
  });

  test('an address that asks too much', async () => {
    const statuses = new Set<number>();
    for (let asked = 0; asked < 201; asked += 1) statuses.add((await post('')).status);
    expect(statuses).toEqual(new Set([400, 429]));
    expect(await refused(ask())).toEqual([429, 'RATE_LIMITED', '1']);
    clock += 1000;
    await answered();
  });
});
