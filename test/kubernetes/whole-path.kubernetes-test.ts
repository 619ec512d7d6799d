/** The whole way on a real cluster: from a registered host cluster and a commit to pods that serve, and to their end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { newUid } from '../../schema/ids.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { testAccount, testCluster, type TestAccount } from './accounts.ts';
import { addressOfThisMachine, kubectl } from './cluster.ts';
import { pushedImages } from './image-set.ts';

jest.setTimeout(900_000);
const LIMIT = 400_000;
const REF = { application: 'shop', alias: 'web' };

interface Node {
  readonly uid: string;
  readonly state: string;
  readonly host: string | null;
  readonly release: { readonly number: number } | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
}

/** A platform of its own among others on the same cluster. */
const prefix = `whole-${newUid().slice(-8)}`;
const namespace = `${prefix}-default`;
let folder: string;
let account: TestAccount;
let machine: string;
let platform: Platform;
let repository: Repository;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-whole-'));
  const images = join(folder, 'images.json');
  const pushed = await pushedImages(['nodejs', 'lb']);
  const catalogue = Object.fromEntries(['nodejs', 'lb'].map((name) => [name, pushed.get(name)]));
  await writeFile(images, JSON.stringify({ v: 1, images: catalogue }));
  account = await testAccount(testCluster(), prefix);
  machine = await addressOfThisMachine();
  platform = await Platform.start({
    CARTWRIGHT_PROVIDER: 'kubernetes',
    CARTWRIGHT_IMAGES: images,
    CARTWRIGHT_NAMESPACE_PREFIX: prefix,
    CARTWRIGHT_HTTP_HOST: machine,
    CARTWRIGHT_MQTT_HOST: machine,
    CARTWRIGHT_ALLOW_PLAINTEXT: 'true',
  });
  repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
});

afterAll(async () => {
  if (process.env.CARTWRIGHT_TEST_SHOW === '1') process.stderr.write(await platform.log());
  await platform[Symbol.asyncDispose]();
  await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  await account[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function changed<T extends { readonly userErrors: readonly { readonly message: string }[] }>(
  mutation: string,
  type: string,
  input: object,
): Promise<void> {
  const answer = await platform.ask<Record<string, T>>(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { message } } }`,
    { input },
  );
  expect(answer[mutation]?.userErrors).toEqual([]);
}

async function instances(alias = 'web'): Promise<Node[]> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: { instances: { edges: { node: Node }[] } } | null;
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
      instances(first: 50) { edges { node { uid state host release { number } reason { code message } } } } } }`,
    { ref: { ...REF, alias } },
  );
  return serviceCluster?.instances.edges.map(({ node }) => node) ?? [];
}

async function active(alias = 'web'): Promise<string[]> {
  return (await instances(alias)).flatMap(({ uid, state }) => (state === 'ACTIVE' ? [uid] : [])).sort();
}

async function url(): Promise<string> {
  const { application } = await platform.ask<{ application: { url: string | null } }>(
    '{ application(name: "shop") { url } }',
  );
  return application.url ?? '';
}

/** What there is in the cluster, as `kind/name`. */
async function objects(...kinds: readonly string[]): Promise<string[]> {
  const text = await kubectl('-n', namespace, 'get', kinds.join(','), '-o', 'name');
  return text.split('\n').filter((line) => line !== '');
}

const runningPods = async (): Promise<string[]> => {
  const text = await kubectl('-n', namespace, 'get', 'pods', '-o', 'jsonpath={range .items[*]}{.metadata.uid} {end}');
  return text.trim().split(' ').sort();
};

const scale = (count: number): Promise<void> =>
  changed('scale', 'ScaleInput', { ref: REF, kind: 'PIN', instances: count, reason: 'a test' });

test('without a host cluster nothing can be started, and that is said at the start', async () => {
  expect(await platform.log()).toContain('no host cluster is registered, so no instance can be started');
});

test('a host cluster is registered with the rights of the ClusterRole and no more', async () => {
  await changed('registerHostCluster', 'RegisterHostClusterInput', {
    ...{ name: 'here', kubeconfig: account.kubeconfig, skipProbe: true },
    brokerUrl: `mqtt://${machine}:${platform.environment.CARTWRIGHT_MQTT_PORT}`,
    controlPlaneUrl: platform.url,
  });
});

test('a commit becomes pods that are reached through the load balancer in the cluster', async () => {
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [
        {
          ...{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs' },
          source: { git: { url: repository.url, branch: 'main' } },
          resources: { cpuCores: 0.05, memoryBytes: '160Mi' },
          autoscaling: { minimum: 1, maximum: 4, factors: { loadAverage: { target: 90 } } },
        },
      ],
    },
  });
  await eventually('one instance', async () => (await active()).length === 1, LIMIT);
  await eventually('two load balancers', async () => (await active('lb')).length === 2, LIMIT);
  expect(await url()).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:3\d{4}\/$/);
  const at = await url();
  await eventually('an answer', async () => (await getText(at).catch(() => '')) === 'one', LIMIT);
});

test('a number that somebody sets is the number of pods', async () => {
  await scale(3);
  await eventually('three', async () => (await active()).length === 3, LIMIT);
  await scale(1);
  await eventually(
    'one',
    async () => (await instances()).filter(({ state }) => state !== 'TERMINATED').length === 1,
    LIMIT,
  );
  const uids = await active();
  const pods = `-l=cartwright.dev/alias=web`;
  await eventually(
    'one pod',
    async () => (await kubectl('-n', namespace, 'get', 'pods', pods, '-o', 'name')).trim().split('\n').length === 1,
    LIMIT,
  );
  expect(uids).toHaveLength(1);
});

test('another commit is rolled out without a request that fails', async () => {
  const at = await url();
  await scale(2);
  await eventually('two', async () => (await active()).length === 2, LIMIT);
  const load = steadyLoad(at, 2);
  await repository.commit(WORKING('two'), 'second');
  await eventually('the second', async () => (await getText(at)) === 'two', LIMIT);
  await eventually(
    'all of them on it',
    async () => (await instances()).every(({ state, release }) => state === 'TERMINATED' || release?.number === 2),
    LIMIT,
  );
  const { sent, failed } = await load.stop();
  expect(sent).toBeGreaterThan(10);
  expect(failed).toEqual([]);
});

test('a control plane that is killed and started again finds the same pods', async () => {
  const before = { pods: await runningPods(), web: await active(), lb: await active('lb'), url: await url() };
  await platform.end('SIGKILL');
  expect(await getText(before.url)).toBe('two');
  await platform.run();
  await eventually('they are active', async () => (await active()).length === before.web.length, LIMIT);
  expect({ pods: await runningPods(), web: await active(), lb: await active('lb'), url: await url() }).toEqual(before);
  expect(await getText(before.url)).toBe('two');
});

test('a deleted application leaves nothing', async () => {
  await changed('deleteApplication', 'DeleteApplicationInput', { name: 'shop' });
  await eventually(
    'nothing of it',
    async () => (await objects('deployments', 'pods', 'services', 'poddisruptionbudgets')).length === 0,
    LIMIT,
  );
  const { application } = await platform.ask<{ application: object | null }>('{ application(name: "shop") { uid } }');
  expect(application).toBeNull();
});
