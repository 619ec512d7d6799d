import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { createVault } from '../../adapters/secrets/vault.ts';
import { rekey } from '../configuration/rekey.ts';
import { SourceError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';
import { testKey } from '../testing/vault.ts';
import type { NewCredential } from './use-cases.ts';

const of = (role: Principal['role'], tenant: string | null = 'acme'): Principal => ({
  token: role,
  name: role,
  role,
  tenant,
  application: null,
});
const ADMIN = of('admin');
const URL = 'https://git.example.org/shop.git';
const VALUE = 'ghp_correct-horse-battery';
const FORGE: NewCredential = { name: 'forge', kind: 'token', hosts: ['Git.Example.org'], value: VALUE };
let platform: Platform;

beforeEach(async () => {
  platform = await Platform.open();
  platform.fetcher.refs.set(`${URL}#main`, 'a'.repeat(40));
});
afterEach(() => platform[Symbol.asyncDispose]());

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as { code: string; message: string; field: string },
  );
const shop = (git: Record<string, string>) =>
  application('shop', [{ alias: 'web', cartridge: 'node', source: { git } }]);

test('a credential reaches Git with the look and with the checkout, and is nowhere else', async () => {
  const answer = await platform.parts.mutations.setCredential(ADMIN, FORGE);
  expect(answer).toMatchObject({ name: 'forge', hosts: ['git.example.org'], username: 'x-access-token', version: 1 });
  await platform.apply(shop({ url: URL, branch: 'main', credentials: 'forge' }));
  const { source, build } = await platform.parts.mutations.deploy(ADMIN, { application: 'shop', alias: 'web' });
  await eventually('the build', async () => (await platform.database.builds.get(build.uid))?.state === 'succeeded');
  const credential = {
    kind: 'password',
    name: 'forge',
    hosts: ['git.example.org'],
    username: 'x-access-token',
    password: VALUE,
  };
  expect(platform.fetcher.resolved.at(-1)).toMatchObject({ tenant: 'acme', url: URL, credential });
  expect(platform.fetcher.checkedOut.at(-1)).toMatchObject({ tenant: 'acme', credential });
  expect(platform.builder.requests.at(-1)?.environment).not.toHaveProperty('password');
  const told = JSON.stringify([
    answer,
    source,
    await platform.database.credentials.find({}),
    await platform.events('credential.set'),
    await platform.buildLogs.read(build.uid),
    await platform.parts.queries.credentials(ADMIN),
    platform.builder.requests,
  ]);
  expect(told).toContain('forge');
  expect(told).not.toContain(VALUE);
});

test('setting it again takes its place, and the next look has the new one', async () => {
  await platform.parts.mutations.setCredential(ADMIN, FORGE);
  await platform.apply(shop({ url: URL, credentials: 'forge' }));
  expect((await platform.parts.mutations.setCredential(ADMIN, { ...FORGE, value: 'another' })).version).toBe(2);
  await platform.parts.mutations.deploy(ADMIN, { application: 'shop', alias: 'web' });
  expect(platform.fetcher.resolved.at(-1)?.credential).toMatchObject({ password: 'another' });
  expect(await platform.parts.queries.credentials(ADMIN)).toHaveLength(1);
});

test('one that a source names cannot be deleted, one that none names can', async () => {
  await platform.parts.mutations.setCredential(ADMIN, FORGE);
  await platform.apply(shop({ url: URL, credentials: 'forge' }));
  const { code, message } = await refusal(platform.parts.mutations.deleteCredential(ADMIN, { name: 'forge' }));
  expect([code, message.includes('acme/shop/web')]).toEqual(['CONFLICT', true]);
  await platform.apply(shop({ url: URL }));
  await platform.parts.mutations.deleteCredential(ADMIN, { name: 'forge' });
  expect(await platform.database.credentials.find({})).toEqual([]);
  expect((await refusal(platform.parts.mutations.deleteCredential(ADMIN, { name: 'forge' }))).code).toBe('NOT_FOUND');
});

test('a manifest that names one that is not there, or another tenant’s, is refused with the field', async () => {
  await platform.parts.mutations.setCredential(of('admin', 'beta'), FORGE);
  const { code, message, field } = await refusal(platform.apply(shop({ url: URL, credentials: 'forge' })));
  expect([code, field]).toEqual(['GIT_CREDENTIALS_MISSING', 'spec.components[0].source.git.credentials']);
  expect(message).toContain('cartwright credential set forge');
  expect(await platform.database.applications.find({})).toEqual([]);
});

test('a manifest whose source may not be read is refused as it is applied', async () => {
  platform.fetcher.check = () => Promise.reject(new SourceError('GIT_HOST_NOT_ALLOWED', 'the host is not allowed'));
  const { code, field, message } = await refusal(platform.apply(shop({ url: URL }), { fileName: 'shop.yaml' }));
  expect([code, field]).toEqual(['GIT_HOST_NOT_ALLOWED', 'spec.components[0].source.git.url']);
  expect(message).toMatch(/^shop\.yaml:\d+:\d+: spec\.components\[0\]\.source\.git\.url: the host is not allowed$/);
});

test('everything that is wrong is said at once, each at its place: sources and what else a component names', async () => {
  platform.fetcher.check = () => Promise.reject(new SourceError('GIT_HOST_NOT_ALLOWED', 'the host is not allowed'));
  const git = { url: URL };
  const manifests = application('shop', [
    { alias: 'web', cartridge: 'node', source: { git } },
    { alias: 'api', cartridge: 'nod', source: { git: { ...git, credentials: 'nobodys' } } },
  ]);
  const { code, message } = await refusal(platform.apply(manifests, { fileName: 'shop.yaml' }));
  expect(code).toBe('INVALID');
  const lines = message.split('\n').map((line) => /^shop\.yaml:(\d+):\d+: ([^:]+): /.exec(line)?.slice(1) ?? line);
  expect(lines.map(([, field]) => field).toSorted()).toEqual([
    'spec.components[0].source.git.url',
    'spec.components[1].cartridge',
    'spec.components[1].source.git.credentials',
  ]);
  const at = (field: string) => lines.find(([, found]) => found === field)?.[0];
  const text = manifests.split('\n');
  expect(text[Number(at('spec.components[0].source.git.url')) - 1]).toContain(`url: ${URL}`);
  expect(text[Number(at('spec.components[1].source.git.credentials')) - 1]).toContain('credentials: nobodys');
});

test.each(['file:///srv/git/shop', '/srv/git/shop', 'FILE:///srv'])(
  'the folder %s is for operators, and what they made can be changed by others',
  async (url) => {
    const ann = of('deployer');
    const { code, message } = await refusal(platform.apply(shop({ url }), { principal: ann }));
    expect([code, message.includes('for operators')]).toEqual(['INVALID', true]);
    await platform.apply(shop({ url }));
    await platform.apply(shop({ url, branch: 'next' }), { principal: ann });
    expect((await refusal(platform.apply(shop({ url: `${url}2` }), { principal: ann }))).code).toBe('INVALID');
  },
);

describe('refused, without a word of the value:', () => {
  const PEM = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n';
  test.each<[string, Partial<NewCredential>, string]>([
    ['a name that is none', { name: 'A b' }, 'name'],
    ['no host', { hosts: [] }, 'hosts'],
    ['a URL as the host', { hosts: ['https://git.example.org'] }, 'hosts'],
    ['a wildcard as the host', { hosts: ['*.example.org'] }, 'hosts'],
    ['an empty value', { value: '' }, 'value'],
    ['a line feed in a token', { value: 'hunter2\nx: y' }, 'value'],
    ['a password without its user', { kind: 'password', value: 'hunter2' }, 'username'],
    ['a user with a colon', { kind: 'password', username: 'a:b', value: 'hunter2' }, 'username'],
    ['a key that is none', { kind: 'key', value: 'hunter2' }, 'value'],
    ['a key with a passphrase', { kind: 'key', value: PEM.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE') }, 'value'],
  ])('%s', async (_name, changes, at) => {
    const { code, message, field } = await refusal(
      platform.parts.mutations.setCredential(ADMIN, { ...FORGE, ...changes }),
    );
    expect([code, field]).toEqual(['INVALID', at]);
    expect(message).not.toContain('hunter2');
    expect(await platform.database.credentials.find({})).toEqual([]);
  });

  test('a key of OpenSSH’s own form with a passphrase; without one it is taken', async () => {
    const make = (passphrase: string, name: string): string => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', platform.path(name)]);
      return readFileSync(platform.path(name), 'utf8');
    };
    const key: NewCredential = { ...FORGE, kind: 'key', value: make('hunter2', 'locked') };
    expect((await refusal(platform.parts.mutations.setCredential(ADMIN, key))).message).toContain('passphrase');
    const set = await platform.parts.mutations.setCredential(ADMIN, { ...key, value: make('', 'open') });
    expect(set).toMatchObject({ kind: 'key', username: null, knownHosts: '' });
  });
});

test('deployers see them and only admins set them', async () => {
  expect((await refusal(platform.parts.mutations.setCredential(of('deployer'), FORGE))).code).toBe('FORBIDDEN');
  await platform.parts.mutations.setCredential(ADMIN, FORGE);
  expect(await platform.parts.queries.credentials(of('deployer'))).toHaveLength(1);
  expect((await refusal(platform.parts.queries.credentials(of('viewer')))).code).toBe('FORBIDDEN');
});

test('a key that is rotated encrypts them, too, and one that is lost is said by name', async () => {
  await platform.parts.mutations.setCredential(ADMIN, FORGE);
  platform.keys.push(testKey());
  expect(await rekey(platform.database, createVault(platform.keys))).toEqual({ count: 1, lost: [] });
  platform.keys.splice(0, 2, testKey());
  const { lost } = await rekey(platform.database, createVault(platform.keys));
  expect(lost.map(({ reason }) => reason.includes('forge'))).toEqual([true]);
});
