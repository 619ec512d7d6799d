import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createVault } from '../../adapters/secrets/vault.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { testKey } from '../testing/vault.ts';
import type { Principal } from '../principal.ts';
import { PLATFORM_TENANT } from '../records/tenants.ts';
import { createPullSecrets } from './pull-secrets.ts';
import type { NewCredential } from './use-cases.ts';

const ADMIN: Principal = { token: 'admin', name: 'ann', role: 'admin', tenant: 'acme', application: null };
const VALUE = 'correct-horse-battery';
const IMAGES: NewCredential = {
  ...{ name: 'images', kind: 'registry', hosts: ['Registry.Example.org:5000'], username: 'puller', value: VALUE },
};
const EAST: HostClusterRecord = {
  ...{ uid: 'east-uid', name: 'east', tenant: PLATFORM_TENANT, generation: 1, createdAt: 0, updatedAt: 0 },
  ...{ updatedBy: 'op', clusterUid: 'c', server: 'https://c', context: 'c', credentialKind: 'token', version: 1 },
  ...{ credentialEndsAt: null, noticedDays: null, brokerUrl: 'mqtt://b', controlPlaneUrl: 'http://p', ca: null },
  ...{ drainingSince: null, probe: { state: 'skipped' }, sealed: { key: 'k', nonce: '', text: '' } },
};
let platform: Platform;
let told: string[];

beforeEach(async () => {
  platform = await Platform.open();
  told = [];
  await platform.database.hostClusters.save(EAST);
});
afterEach(() => platform[Symbol.asyncDispose]());

const pulls = async (tenant = 'acme', hostCluster = EAST.name): Promise<Record<string, unknown> | undefined> => {
  const text = await createPullSecrets({
    store: platform.database,
    vault: createVault(platform.keys),
    logger: { warn: (_fields: unknown, message: string) => void told.push(message) } as never,
    now: () => platform.now,
  })({ name: hostCluster }, tenant);
  return text === undefined ? undefined : (JSON.parse(text) as { auths: Record<string, unknown> }).auths;
};
const login = (username: string, password: string) => ({
  ...{ username, password },
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
});

test('a tenant pulls with its own, and with nothing where it has none', async () => {
  expect(await pulls()).toBeUndefined();
  const answer = await platform.parts.mutations.setCredential(ADMIN, IMAGES);
  expect(answer).toMatchObject({ kind: 'registry', hostCluster: null, username: 'puller' });
  expect(await pulls()).toEqual({ 'registry.example.org:5000': login('puller', VALUE) });
  expect(await pulls('other')).toBeUndefined();
  expect(JSON.stringify([answer, await platform.database.credentials.find({})])).not.toContain(VALUE);
  await platform.parts.mutations.setCredential(ADMIN, { ...IMAGES, value: 'rotated-horse' });
  expect(await pulls()).toEqual({ 'registry.example.org:5000': login('puller', 'rotated-horse') });
  await platform.parts.mutations.deleteCredential(ADMIN, { name: 'images' });
  expect(await pulls()).toBeUndefined();
});

test('an operator’s is for every tenant in its host cluster and in no other, and a tenant’s own goes before it', async () => {
  const ofEast = { ...IMAGES, hostCluster: 'east', hosts: ['registry.example.org:5000', 'docker.io'] };
  expect(await platform.parts.mutations.setCredential(OPERATOR, ofEast)).toMatchObject({
    ...{ name: 'images', hostCluster: 'east' },
  });
  await platform.parts.mutations.setCredential(ADMIN, { ...IMAGES, username: 'own' });
  expect(await pulls()).toEqual({
    'https://index.docker.io/v1/': login('puller', VALUE),
    'registry.example.org:5000': login('own', VALUE),
  });
  expect(Object.keys((await pulls('other')) ?? {})).toHaveLength(2);
  expect(await pulls('other', 'west')).toBeUndefined();
  const { credentials } = platform.parts.queries;
  expect(await credentials(OPERATOR, null, 'east')).toMatchObject([{ name: 'images', hostCluster: 'east' }]);
  expect(await credentials(OPERATOR, null, 'west')).toEqual([]);
  await platform.parts.mutations.deleteCredential(OPERATOR, { hostCluster: 'east', name: 'images' });
  expect(await pulls('other')).toBeUndefined();
});

test.each([
  ['a tenant’s admin for a host cluster', ADMIN, { hostCluster: 'east' }, 'FORBIDDEN'],
  ['a host cluster that there is not', OPERATOR, { hostCluster: 'west' }, 'NOT_FOUND'],
  ['what is for Git', OPERATOR, { hostCluster: 'east', kind: 'token' as const }, 'INVALID'],
  ['nobody’s password', ADMIN, { username: null }, 'INVALID'],
  ['a line feed', ADMIN, { value: 'a\nb' }, 'INVALID'],
])('%s is refused', async (_what, principal, changes, code) => {
  await expect(platform.parts.mutations.setCredential(principal, { ...IMAGES, ...changes })).rejects.toMatchObject({
    code,
  });
  expect(await pulls()).toBeUndefined();
});

test('Git is not given what is for a registry', async () => {
  await platform.parts.mutations.setCredential(ADMIN, IMAGES);
  const git = { url: 'https://git.example.org/shop.git', branch: 'main', credentials: 'images' };
  await expect(
    platform.apply(application('shop', [{ alias: 'web', cartridge: 'node', source: { git } }])),
  ).rejects.toThrow('is for a registry of images and not for Git');
});

test('one whose key is lost is left out, and told', async () => {
  await platform.parts.mutations.setCredential(ADMIN, IMAGES);
  platform.keys.splice(0, 1, testKey());
  expect(await pulls()).toBeUndefined();
  expect(told).toEqual(['images of a private registry cannot be pulled; set it again']);
});
