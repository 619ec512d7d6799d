import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { issue } from '../../../test/support/certificate.ts';
import { createVault } from '../../adapters/secrets/vault.ts';
import { rekey } from '../configuration/rekey.ts';
import { HostClusterError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import { READING, type HostClusterInMemory } from '../testing/host-clusters.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { testKey } from '../testing/vault.ts';
import { kubeconfig } from './testing/kubeconfig.ts';
import type { HostCluster, HostClusterList, NewHostCluster } from './use-cases.ts';

const SERVER = 'https://10.0.0.1:6443';
const NEW: NewHostCluster = {
  ...{ name: 'frankfurt', kubeconfig: kubeconfig({ user: { token: 'hunter2' } }), skipProbe: true },
  ...{ brokerUrl: 'mqtts://broker.example:8883', controlPlaneUrl: 'https://cartwright.example/' },
};
const DAY = 86_400_000;
let platform: Platform;
let cluster: HostClusterInMemory;

beforeEach(async () => {
  platform = await Platform.open();
  cluster = platform.hostClusters.add(SERVER);
  platform.parts.hostClusters.start();
});
afterEach(() => platform[Symbol.asyncDispose]());

const register = (changes: Partial<NewHostCluster> = {}) =>
  platform.parts.mutations.registerHostCluster(OPERATOR, { ...NEW, ...changes });
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as { code: string; message: string; field?: string },
  );
const now = async (name = 'frankfurt'): Promise<HostCluster> =>
  (await platform.parts.queries.hostCluster(OPERATOR, name))!;
const types = async (): Promise<string[]> => {
  await platform.parts.recorded();
  const events = await platform.database.events.newest({}, 200);
  return events.map(({ type }) => type).filter((type) => type.startsWith('host-cluster.'));
};

test('a cluster that is registered is asked for its rights, watched, and its credential is told to nobody', async () => {
  const answer = await register();
  expect(answer).toMatchObject({
    ...{ name: 'frankfurt', generation: 1, server: SERVER, context: 'main', credentialKind: 'token', version: 1 },
    ...{ controlPlaneUrl: 'https://cartwright.example', ca: null, probe: { state: 'skipped' }, isReadable: true },
  });
  await eventually('the first look', async () => (await now()).status.kind === 'reachable');
  expect((await now()).status).toMatchObject({ reading: READING, failure: null });
  const told = JSON.stringify([
    await platform.parts.queries.hostClusters(OPERATOR),
    await platform.database.hostClusters.find({}),
    await platform.database.events.newest({}, 100),
    await platform.database.audit.find({}, {}),
  ]);
  expect(told).toContain('host-cluster.registered');
  expect(told).toContain('registerHostCluster');
  expect(told).not.toContain('hunter2');
  expect(cluster.credentials.map(({ user }) => user)).toContainEqual({ kind: 'token', token: 'hunter2' });
});

test('every right that is missing is named in one answer, and nothing is stored', async () => {
  cluster.missing = ['pods: create, delete', 'jobs (batch): watch'];
  const { code, message } = await refusal(register());
  expect(code).toBe('RIGHTS_MISSING');
  expect(message).toContain('pods: create, delete; jobs (batch): watch');
  expect(await platform.database.hostClusters.find({})).toEqual([]);
  expect(cluster.open).toBe(0);
});

describe('refused before anything is sent:', () => {
  test.each<[string, Partial<NewHostCluster>, string]>([
    ['a name with capitals', { name: 'Frankfurt' }, 'name'],
    ['a name that begins with a digit', { name: '1st' }, 'name'],
    ['a name of 64 characters', { name: 'a'.repeat(64) }, 'name'],
    ['a broker that speaks HTTP', { brokerUrl: 'https://broker.example' }, 'brokerUrl'],
    ['a broker that is the pod itself', { brokerUrl: 'mqtt://127.0.0.1:1883' }, 'brokerUrl'],
    ['a control plane that is the pod itself', { controlPlaneUrl: 'http://localhost:4747' }, 'controlPlaneUrl'],
    ['an address with a password', { controlPlaneUrl: 'https://me:hunter2@cartwright.example' }, 'controlPlaneUrl'],
    ['an authority that is none', { ca: 'hunter2' }, 'ca'],
    ['an image that is no name', { skipProbe: false, probeImage: '-v hunter2' }, 'probeImage'],
    ['neither a kubeconfig nor the own cluster', { kubeconfig: null }, 'kubeconfig'],
    ['both of them', { inCluster: true }, 'inCluster'],
    ['a kubeconfig that is none', { kubeconfig: '- hunter2' }, 'kubeconfig'],
    ['a context that is not there', { context: 'gone' }, 'context'],
  ])('%s', async (_name, changes, at) => {
    const { code, message, field } = await refusal(register(changes));
    expect([code, field]).toEqual(['INVALID', at]);
    expect(message).not.toContain('hunter2');
    expect(cluster.credentials).toEqual([]);
  });

  test('one by somebody who is no operator', async () => {
    const admin: Principal = { ...OPERATOR, role: 'admin', tenant: 'acme' };
    expect((await refusal(platform.parts.mutations.registerHostCluster(admin, NEW))).code).toBe('FORBIDDEN');
  });
});

test('a name is taken once, and a cluster is registered once, by whatever name and address', async () => {
  await register();
  expect(await refusal(register())).toMatchObject({ code: 'CONFLICT', field: 'name' });
  const other = kubeconfig({ server: 'https://alias.example:6443' });
  platform.hostClusters.add('https://alias.example:6443', SERVER);
  const { code, message } = await refusal(register({ name: 'berlin', kubeconfig: other }));
  expect([code, message]).toEqual(['CONFLICT', 'this cluster is registered already, as "frankfurt"']);
  platform.hostClusters.add('https://alias.example:6443', 'another');
  await register({ name: 'berlin', kubeconfig: other });
  expect((await platform.parts.queries.hostClusters(OPERATOR)).map(({ name }) => name)).toEqual([
    'berlin',
    'frankfurt',
  ]);
});

test('two who register one at once: one of them does', async () => {
  const results = await Promise.allSettled([register(), register()]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('a rotated credential takes the place of the one before, and has to lead to the same cluster', async () => {
  await register();
  await eventually('the first look', () => cluster.looks > 0);
  const rotate = (token: string, changes = {}) =>
    platform.parts.mutations.rotateHostCluster(OPERATOR, {
      ...{ name: 'frankfurt', kubeconfig: kubeconfig({ user: { token } }), ...changes },
    });
  expect(await refusal(rotate('next', { expectedGeneration: 7 }))).toMatchObject({ code: 'CONFLICT' });
  expect(await rotate('next', { expectedGeneration: 1 })).toMatchObject({ generation: 2, version: 2 });
  await eventually(
    'a look with it',
    () => JSON.stringify(cluster.credentials.at(-1)).includes('next') && cluster.open === 1,
  );
  cluster.clusterUid = 'another';
  expect((await refusal(rotate('third'))).message).toContain('is another cluster than frankfurt');
  expect(await types()).toEqual(['host-cluster.registered', 'host-cluster.credentials-rotated']);
});

test('a cluster is drained and used again; twice is as once', async () => {
  await register();
  const { mutations } = platform.parts;
  const ref = { name: 'frankfurt' };
  expect(await mutations.drainHostCluster(OPERATOR, ref)).toMatchObject({ generation: 2, drainingSince: platform.now });
  expect(await mutations.drainHostCluster(OPERATOR, ref)).toMatchObject({ generation: 2 });
  expect(await mutations.undrainHostCluster(OPERATOR, ref)).toMatchObject({ generation: 3, drainingSince: null });
  expect(await mutations.undrainHostCluster(OPERATOR, ref)).toMatchObject({ generation: 3 });
  expect(await types()).toEqual(['host-cluster.registered', 'host-cluster.drained', 'host-cluster.undrained']);
  expect((await refusal(mutations.drainHostCluster(OPERATOR, { name: 'gone' }))).code).toBe('NOT_FOUND');
});

test('a cluster is removed when no instance is there, and with force where nobody can say so', async () => {
  await register();
  const remove = (force = false) => platform.parts.mutations.removeHostCluster(OPERATOR, { name: 'frankfurt', force });
  cluster.instances = 3;
  expect((await refusal(remove())).message).toMatch(/^3 pods are on frankfurt, .*wait until none is left/);
  expect((await refusal(remove(true))).code).toBe('CONFLICT');
  cluster.failure = new HostClusterError('HOST_CLUSTER_UNREACHABLE', 'nothing listens there');
  expect((await refusal(remove())).message).toContain('with force');
  await remove(true);
  expect(await platform.database.hostClusters.find({})).toEqual([]);
  await eventually('the end of its connection', () => cluster.open === 0);
});

describe('what is known of a cluster', () => {
  test('is told at once, and again at each change, until the cluster is removed', async () => {
    await register();
    await eventually('the first look', () => cluster.looks > 0);
    const stop = new AbortController();
    const seen: HostCluster[] = [];
    const following = (async () => {
      for await (const one of platform.parts.feeds.hostCluster(OPERATOR, 'frankfurt', stop.signal)) seen.push(one);
    })();
    await eventually('the present state', () => seen.length > 0);
    await platform.parts.mutations.drainHostCluster(OPERATOR, { name: 'frankfurt' });
    await eventually('the change', () => seen.at(-1)!.drainingSince !== null);
    await platform.parts.mutations.removeHostCluster(OPERATOR, { name: 'frankfurt' });
    await following;
    stop.abort();
  });

  test('is told of all at once, as one object for all who follow them', async () => {
    await register();
    await eventually('the first look', () => cluster.looks > 0);
    const stop = new AbortController();
    const seen: HostClusterList[][] = [[], []];
    const following = seen.map(async (told) => {
      for await (const list of platform.parts.feeds.hostClusters(OPERATOR, stop.signal)) told.push(list);
    });
    await eventually('the present state', () => seen.every((told) => told.length > 0));
    expect(seen[0]![0]).toBe(seen[1]![0]);
    expect(seen[0]![0]!.hostClusters).toMatchObject([{ name: 'frankfurt', drainingSince: null }]);
    await platform.parts.mutations.drainHostCluster(OPERATOR, { name: 'frankfurt' });
    await eventually('the change', () => seen.every((told) => told.at(-1)!.hostClusters[0]!.drainingSince !== null));
    await platform.parts.mutations.removeHostCluster(OPERATOR, { name: 'frankfurt' });
    await eventually('that it is gone', () => seen.every((told) => told.at(-1)!.hostClusters.length === 0));
    expect(JSON.stringify(seen)).not.toContain('sealed');
    stop.abort();
    await Promise.all(following);
    expect(() =>
      platform.parts.feeds.hostClusters({ ...OPERATOR, role: 'admin', tenant: 'acme' }, stop.signal),
    ).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  test('one that hangs delays no other, and ends with the platform', async () => {
    platform.hostClusters.add('https://slow.example:6443').hangs = false;
    const slow = platform.hostClusters.add('https://slow.example:6443');
    await register({ name: 'slow', kubeconfig: kubeconfig({ server: 'https://slow.example:6443' }) });
    await eventually('its first look', () => slow.looks > 0);
    slow.hangs = true;
    await platform.parts.mutations
      .rotateHostCluster(OPERATOR, { name: 'slow', inCluster: true })
      .catch(() => undefined);
    await register();
    await eventually('a look at the other', async () => (await now()).status.kind === 'reachable');
  });

  test('the end of a credential is told ahead, once at each notice', async () => {
    const client = issue('cartwright', { until: new Date(platform.now + 10 * DAY) });
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const user = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
    expect(await register({ kubeconfig: kubeconfig({ user }) })).toMatchObject({ credentialKind: 'certificate' });
    await eventually('the notice', async () => (await types()).includes('host-cluster.credentials-expiring'));
    const [event] = await platform.events('host-cluster.credentials-expiring');
    expect(event).toMatchObject({
      tenant: null,
      subject: { kind: 'HostCluster', name: 'frankfurt' },
      data: { withinDays: 14 },
    });
    expect((await platform.database.hostClusters.find({}))[0]).toMatchObject({ noticedDays: 14 });
  });
});

describe('a probe', () => {
  test('that is asked for runs with the addresses of the cluster, and what comes of it is stored and told', async () => {
    await register({ skipProbe: false, ca: issue('authority').cert });
    await eventually('the probe', async () => (await now()).probe.state === 'passed');
    expect(cluster.probes).toMatchObject([{ image: 'probe:1', brokerUrl: 'mqtts://broker.example:8883' }]);
    cluster.failures = [{ code: 'PROBE_DNS', message: 'broker.example cannot be looked up' }];
    await platform.parts.mutations.probeHostCluster(OPERATOR, { name: 'frankfurt', probeImage: 'own:2' });
    await eventually('the failure', async () => (await now()).probe.state === 'failed');
    expect((await now()).probe).toMatchObject({ image: 'own:2', failures: cluster.failures });
    expect(await types()).toEqual([
      ...['host-cluster.registered', 'host-cluster.probe-passed'],
      ...['host-cluster.probe-requested', 'host-cluster.probe-failed'],
    ]);
  });

  test('that a restart cut short runs again', async () => {
    cluster.hangs = false;
    await platform.parts.hostClusters.close();
    await register({ skipProbe: false });
    expect((await now()).probe.state).toBe('waiting');
    platform.parts.hostClusters.start();
    await eventually('the probe', async () => (await now()).probe.state === 'passed');
  });
});

test('a key that is rotated encrypts credentials, too, and one that is lost is told by the name', async () => {
  await register();
  platform.keys.push(testKey());
  expect(await rekey(platform.database, createVault(platform.keys))).toEqual({ count: 1, lost: [] });
  platform.keys.splice(0, 2, testKey());
  const { lost } = await rekey(platform.database, createVault(platform.keys));
  expect(lost.map(({ reason }) => reason.includes('frankfurt'))).toEqual([true]);
});
