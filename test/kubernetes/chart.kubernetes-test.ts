/**
 * The control plane in a cluster, by the Helm chart of the package, beside a PostgreSQL and a Mosquitto; and an application that is deployed through
 * it from another machine.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { CARTRIDGES } from '../support/cartridge.ts';
import { ROOT } from '../support/root.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { applyObjects, kubectl, Namespace } from './cluster.ts';
import { CommandLine, Watched } from './command-line.ts';
import { pushedImages, pushedPlatform } from './image-set.ts';
import { forwarded, helm, Installed, shell } from './installed.ts';
import { SERVER_VALUES, startServers } from './servers.ts';

jest.setTimeout(900_000);

const CHART = join(ROOT, 'control-plane/deploy/kubernetes');
const NAME = 'cartwright';
const NAMESPACE = 'cartwright-chart';
const START_MILLISECONDS = 180_000;
const LIMIT = 400_000;
const TENANTS = 'cartwright-charts';

/** What would be made, with further values. */
const template = (set: string, ...more: readonly string[]): Promise<string> =>
  helm('template', NAME, CHART, '--kube-version', '1.34.0', '-f', values, '--set', set, ...more);

let folder: string;
let values: string;
let namespace: Namespace;
let cli: CommandLine;
let shop: Watched;
const installed = new Installed(NAMESPACE, NAME);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-'));
  values = join(folder, 'values.json');
  cli = new CommandLine(folder);
  shop = new Watched(cli, 'shop', `${TENANTS}-default`);
  const images = await pushedPlatform(['postgres', 'mosquitto']);
  const pushed = await pushedImages(['nodejs', 'lb']);
  const cartridges = Object.fromEntries(['nodejs', 'lb'].map((name) => [name, pushed.get(name)]));
  await writeFile(
    values,
    JSON.stringify({
      ...SERVER_VALUES,
      image: { reference: images.get('cartwright-control-plane') },
      images: JSON.stringify({ v: 1, images: cartridges }),
      namespacePrefix: TENANTS,
      service: { type: 'NodePort' },
      persistence: { size: '1Gi' },
      settings: { CARTWRIGHT_LEASE_SECONDS: '5' },
      resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '768Mi' } },
    }),
  );
  namespace = await Namespace.create(NAMESPACE);
  await startServers(NAMESPACE, images);
});
afterAll(async () => {
  await helm('uninstall', NAME, '-n', NAMESPACE, '--ignore-not-found');
  await namespace[Symbol.asyncDispose]();
  await kubectl('delete', 'namespace', shop.namespace, '--ignore-not-found', '--wait=false');
  await rm(folder, { recursive: true });
});

/** The sample of the cartridge `nodejs` as somebody's folder, with a manifest that asks for little. */
async function sample(version: string): Promise<string> {
  const place = join(folder, version);
  await cp(join(CARTRIDGES, 'nodejs/sample'), place, { recursive: true });
  const file = join(place, 'package.json');
  await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), version }));
  const component = {
    ...{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', resources: { cpuCores: 0.05, memoryBytes: '160Mi' } },
    autoscaling: { minimum: 2, maximum: 4, factors: { loadAverage: { target: 90 } } },
  };
  const metadata = { name: 'shop' };
  const manifest = {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata,
    spec: { components: [component] },
  };
  await writeFile(join(place, 'cartwright.yaml'), JSON.stringify(manifest));
  return place;
}

const versionAt = async (url: string): Promise<string> =>
  (JSON.parse(await getText(url)) as { version: string }).version;

test('the chart has nothing to be said against, and refuses values by their names', async () => {
  expect(await helm('lint', '--strict', CHART, '-f', values)).toContain('0 chart(s) failed');
  await expect(template('image.reference=cartwright:latest')).rejects.toThrow(/image.reference/);
  await expect(template('replica=2')).rejects.toThrow(/replica/);
  await expect(template('ingress.enabled=true')).rejects.toThrow(/ingress\.host/);
});

test('values name the server of artifacts, the place of builds and the namespaces of tenants, and reach the control plane', async () => {
  const usual = await template('replicas=1');
  expect(usual).toContain('CARTWRIGHT_ARTIFACT_SERVER: "on"');
  expect(usual).toContain(`CARTWRIGHT_NAMESPACE_PREFIX: "${TENANTS}"`);
  expect(usual).toContain('CARTWRIGHT_BUILDS: "jobs"');
  expect(usual).not.toMatch(/ARTIFACT_SERVER_(BYTES|STORAGE_CLASS)|TOKEN_GRACE|BUILD_(CPU|MEMORY_MIB)/);
  const set = [
    'artifactServer.storageClass=fast,namespacePrefix=east,logLevel=debug,artifactServer.enabled=false,builds.where=machine',
    '--set-string',
    'artifactServer.bytes=8589934592,instanceTokenSeconds=1800,tokenGraceSeconds=600,builds.cpuCores=0.5,builds.memoryMiB=512',
  ] as const;
  const made = await template(...set);
  for (const line of [
    'CARTWRIGHT_ARTIFACT_SERVER: "off"',
    'CARTWRIGHT_ARTIFACT_SERVER_BYTES: "8589934592"',
    'CARTWRIGHT_ARTIFACT_SERVER_STORAGE_CLASS: "fast"',
    'CARTWRIGHT_INSTANCE_TOKEN_SECONDS: "1800"',
    'CARTWRIGHT_TOKEN_GRACE_SECONDS: "600"',
    'CARTWRIGHT_BUILDS: "machine"',
    'CARTWRIGHT_BUILD_CPU: "0.5"',
    'CARTWRIGHT_BUILD_MEMORY_MIB: "512"',
    'CARTWRIGHT_NAMESPACE_PREFIX: "east"',
    'CARTWRIGHT_LOG_LEVEL: "debug"',
  ])
    expect(made).toContain(line);
  await expect(template('artifactServer.bytes=4Gi')).rejects.toThrow(/artifactServer.bytes/);
  await expect(template('builds.where=pods')).rejects.toThrow(/builds.where/);
  await expect(template('namespacePrefix=East')).rejects.toThrow(/namespacePrefix/);
});

test('what it makes holds no password', async () => {
  const made = await template('ingress.enabled=true,ingress.host=paas.test');
  expect(made).toContain('postgres://cartwright@postgres:5432/postgres');
  expect(made).toContain('CARTWRIGHT_PUBLIC_URL: "http://paas.test"');
  expect(made).not.toMatch(/kind: Secret/);
});

/**
 * Gives the volume to the control plane's user, as drivers of volumes do by the pod's `fsGroup`; what is a folder of the node, as in
 * many a test's cluster, stays root's.
 */
async function handOver(claim: string): Promise<void> {
  const level = (to: string): Promise<string> =>
    kubectl('label', 'namespace', NAMESPACE, '--overwrite', `pod-security.kubernetes.io/enforce=${to}`);
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: claim } }];
  const container = {
    name: 'owner',
    image: 'debian:bookworm-slim',
    command: ['chown', '10001:10001', '/data'],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
  await level('privileged');
  await applyObjects([
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'owner', namespace: NAMESPACE },
      spec: { restartPolicy: 'Never', volumes, containers: [container] },
    },
  ]);
  await kubectl('-n', NAMESPACE, 'wait', 'pod/owner', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s');
  await kubectl('-n', NAMESPACE, 'delete', 'pod', 'owner');
  await level('restricted');
}

test('installed, its notes lead to a registered cluster and to a token of one’s own, with just its rights', async () => {
  await helm('install', NAME, CHART, '-n', NAMESPACE, '-f', values);
  await handOver(NAME);
  const [waits, adds, makesToken, forwards, logsIn, ...others] = await installed.notes();
  expect(others).toEqual([]);
  await shell(waits!);
  expect(await installed.inLeader('get', 'cartridges')).toMatch(/nodejs/);
  expect(await shell(adds!)).toMatch(/here/);
  expect(await installed.inLeader('cluster', 'get')).toMatch(/here\s+reachable\s.*passed/);
  const [create, token] = makesToken!.split(' > ');
  const bearer = await shell(create!);
  expect([token, logsIn]).toEqual(['token', 'cartwright login http://127.0.0.1:4747 < token']);
  {
    await using way = await forwarded(forwards!.replace('4747:', ':'));
    await cli.login(way.url, bearer);
  }
  await cli.login(await installed.url(), bearer);
  expect(await cli.run('cluster', 'get')).toMatch(/here\s+reachable/);
  for (const beyond of [
    ['*', '*'],
    ['list', 'secrets'],
    ['create', 'clusterrolebindings.rbac.authorization.k8s.io'],
    ['create', 'pods', '--subresource=exec'],
    ['impersonate', 'users'],
  ])
    expect([...beyond, await installed.may(...beyond)]).toEqual([...beyond, false]);
  expect(await installed.may('create', 'deployments.apps')).toBe(true);
});

test('a folder becomes pods that serve behind the load balancers, as many as are asked for', async () => {
  const folder = await sample('1.0.0');
  const url = (await cli.run('deploy', folder, '--timeout', '8m')).trim();
  expect(url).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:3\d{4}\/$/);
  expect(await versionAt(url)).toBe('1.0.0');
  await cli.run('scale', 'shop', '3', '--reason', 'a test');
  await eventually('three serve', () => shop.isAtRest(3), LIMIT);
  expect(await versionAt(url)).toBe('1.0.0');
});

test('of two, one leads and the other waits, and takes over when the first is killed: nothing is noticed of it', async () => {
  await helm('upgrade', NAME, CHART, '-n', NAMESPACE, '-f', values, '--set', 'replicas=2');
  await eventually('the second one waits', async () => (await installed.started()) === 2, START_MILLISECONDS);
  const [leader, ...others] = await installed.ready();
  expect(others).toEqual([]);
  await eventually('all are at rest', () => shop.isAtRest(3), LIMIT);
  const before = await shop.present();
  const load = steadyLoad(before.url, 2);
  await kubectl('-n', NAMESPACE, 'delete', 'pod', leader!, '--grace-period=0', '--force');
  await eventually(
    'another leads',
    async () => {
      const [one, ...more] = await installed.ready();
      return one !== undefined && one !== leader && more.length === 0;
    },
    START_MILLISECONDS,
  );
  await eventually('it hears all of them', () => shop.isAtRest(3), LIMIT);
  expect(await shop.present()).toEqual(before);
  const { sent, failed } = await load.stop();
  expect(failed).toEqual([]);
  expect(sent).toBeGreaterThan(10);
});

test('the one that took over scales, and rolls out what is deployed, without a request that fails', async () => {
  const { url } = await shop.present();
  const load = steadyLoad(url, 2);
  await cli.run('scale', 'shop', '2', '--reason', 'a test');
  await eventually('two serve', () => shop.isAtRest(2), LIMIT);
  expect((await cli.run('deploy', await sample('2.0.0'), '--timeout', '8m')).trim()).toBe(url);
  await eventually('the second version', async () => (await versionAt(url)) === '2.0.0', LIMIT);
  await eventually('two serve it', () => shop.isAtRest(2), LIMIT);
  const { failed } = await load.stop();
  expect(failed).toEqual([]);
});

test('a deleted application leaves nothing, and the cluster is forgotten', async () => {
  await cli.run('delete', 'application', 'shop', '--yes', '--wait');
  await expect(cli.run('cluster', 'remove', 'here', '--yes')).rejects.toThrow(/server of artifacts/);
  await eventually('it is forgotten', () => cli.run('cluster', 'remove', 'here', '--yes'), LIMIT);
  const kinds = 'deployments,pods,services,jobs,poddisruptionbudgets,pvc';
  await eventually(
    'nothing of it',
    async () => (await kubectl('-n', shop.namespace, 'get', kinds, '-o', 'name')).trim() === '',
  );
});

test('uninstalled, only its volume is left', async () => {
  await helm('uninstall', NAME, '-n', NAMESPACE, '--wait');
  const selector = 'app.kubernetes.io/name=cartwright-control-plane';
  await kubectl('-n', NAMESPACE, 'wait', 'pods', '-l', selector, '--for=delete', '--timeout=60s');
  const left = await kubectl(
    'get',
    'clusterroles,clusterrolebindings',
    '-l',
    `app.kubernetes.io/instance=${NAME}`,
    '-o',
    'name',
  );
  expect(left).toBe('');
  const mine = await kubectl(
    '-n',
    NAMESPACE,
    'get',
    'all,pvc,configmaps',
    '-l',
    `app.kubernetes.io/instance=${NAME}`,
    '-o',
    'name',
  );
  expect(mine.trim()).toBe(`persistentvolumeclaim/${NAME}`);
});
