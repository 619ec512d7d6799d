/** The control plane in a cluster, by the Helm chart of the package, beside a PostgreSQL and a Mosquitto. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { ROOT } from '../support/root.ts';
import { applyObjects, kubectl, Namespace } from './cluster.ts';
import { pushedPlatform } from './image-set.ts';
import { SERVER_VALUES, startServers } from './servers.ts';

jest.setTimeout(600_000);

const CHART = join(ROOT, 'control-plane/deploy/kubernetes');
const NAME = 'cartwright';
const NAMESPACE = 'cartwright-chart';
const START_MILLISECONDS = 180_000;
const helm = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.env.CARTWRIGHT_TEST_HELM ?? 'helm', args, { maxBuffer: 1e7 })).stdout;

/** What would be made, with further values. */
const template = (set: string, ...more: readonly string[]): Promise<string> =>
  helm('template', NAME, CHART, '--kube-version', '1.34.0', '-f', values, '--set', set, ...more);

let folder: string;
let values: string;
let namespace: Namespace;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-'));
  values = join(folder, 'values.json');
  const images = await pushedPlatform(['postgres', 'mosquitto']);
  await writeFile(
    values,
    JSON.stringify({
      ...SERVER_VALUES,
      image: { reference: images.get('cartwright-control-plane') },
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
  await rm(folder, { recursive: true });
});

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function pods(): Promise<Pod[]> {
  const selector = 'app.kubernetes.io/name=cartwright-control-plane';
  const text = await kubectl('-n', NAMESPACE, 'get', 'pods', '-l', selector, '-o', 'json');
  return (JSON.parse(text) as { items: Pod[] }).items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
}

async function ready(): Promise<string[]> {
  const isReady = ({ status }: Pod): boolean =>
    status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  return (await pods()).filter(isReady).map(({ metadata }) => metadata.name);
}

/** Runs the command line in the pod that leads, with the operator's token that its volume holds. */
async function inLeader(...args: readonly string[]): Promise<string> {
  const [leader] = await ready();
  return kubectl('-n', NAMESPACE, 'exec', leader!, '--', 'cartwright', ...args);
}

test('the chart has nothing to be said against, and refuses values by their names', async () => {
  expect(await helm('lint', '--strict', CHART, '-f', values)).toContain('0 chart(s) failed');
  await expect(template('image.reference=cartwright:latest')).rejects.toThrow(/image.reference/);
  await expect(template('replica=2')).rejects.toThrow(/replica/);
  await expect(template('ingress.enabled=true')).rejects.toThrow(/ingress\.host/);
});

test('values name the server of artifacts and the namespaces of tenants, and reach the control plane', async () => {
  const usual = await template('replicas=1');
  expect(usual).toContain('CARTWRIGHT_ARTIFACT_SERVER: "on"');
  expect(usual).toContain('CARTWRIGHT_NAMESPACE_PREFIX: "cartwright"');
  expect(usual).not.toMatch(/ARTIFACT_SERVER_(BYTES|STORAGE_CLASS)|TOKEN_GRACE/);
  const set = [
    'artifactServer.storageClass=fast,namespacePrefix=east,logLevel=debug,artifactServer.enabled=false',
    '--set-string',
    'artifactServer.bytes=8589934592,tokenGraceSeconds=600',
  ] as const;
  const made = await template(...set);
  for (const line of [
    'CARTWRIGHT_ARTIFACT_SERVER: "off"',
    'CARTWRIGHT_ARTIFACT_SERVER_BYTES: "8589934592"',
    'CARTWRIGHT_ARTIFACT_SERVER_STORAGE_CLASS: "fast"',
    'CARTWRIGHT_TOKEN_GRACE_SECONDS: "600"',
    'CARTWRIGHT_NAMESPACE_PREFIX: "east"',
    'CARTWRIGHT_LOG_LEVEL: "debug"',
  ])
    expect(made).toContain(line);
  await expect(template('artifactServer.bytes=4Gi')).rejects.toThrow(/artifactServer.bytes/);
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

test('installed, it answers, with just its rights', async () => {
  await helm('install', NAME, CHART, '-n', NAMESPACE, '-f', values);
  await handOver(NAME);
  await eventually('it leads and answers', async () => (await ready()).length === 1, START_MILLISECONDS);
  expect(await inLeader('get', 'cartridges')).toMatch(/nodejs/);
  const added = inLeader(
    ...['cluster', 'add', 'here', '--in-cluster', '--broker', `mqtt://mosquitto.${NAMESPACE}.svc:1883`],
    ...['--control-plane', `http://${NAME}.${NAMESPACE}.svc`],
  );
  expect(await added).toMatch(/here/);
  expect(await inLeader('cluster', 'get')).toMatch(/here\s+reachable\s.*passed/);
});

test('of two, one leads and the other waits, and takes over when the first is killed', async () => {
  await kubectl('-n', NAMESPACE, 'scale', `deployment/${NAME}`, '--replicas=2');
  await eventually('the second one has begun', async () => (await pods()).length === 2, START_MILLISECONDS);
  const [leader] = await ready();
  const started = async (): Promise<number> =>
    Number(
      await kubectl(
        ...['-n', NAMESPACE, 'get', 'pods', '-l', 'app.kubernetes.io/name=cartwright-control-plane', '-o'],
        'jsonpath={range .items[?(@.status.containerStatuses[0].started==true)]}1{end}',
      ).then((text) => text.length),
    );
  await eventually('the second one waits', async () => (await started()) === 2, START_MILLISECONDS);
  expect(await ready()).toEqual([leader]);
  await kubectl('-n', NAMESPACE, 'delete', 'pod', leader!, '--grace-period=0', '--force');
  await eventually(
    'another leads',
    async () => {
      const [one, ...others] = await ready();
      return one !== undefined && one !== leader && others.length === 0;
    },
    START_MILLISECONDS,
  );
  expect(await inLeader('cluster', 'get')).toMatch(/here/);
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
