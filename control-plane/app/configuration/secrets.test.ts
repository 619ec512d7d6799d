import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createVault } from '../../adapters/secrets/vault.ts';
import { InstanceAccess } from '../instance-access.ts';
import type { Principal } from '../principal.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';
import { testKey } from '../testing/vault.ts';
import { rekey } from './rekey.ts';

const ANN: Principal = { token: 'ann', name: 'ann', role: 'deployer', tenant: 'acme', application: null };
const WEB = { application: 'shop', alias: 'web' };
const SHOP = { application: 'shop' };
const VALUE = 'correct horse battery staple';
let platform: Platform;
let agents: Agents;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  await platform.apply(
    application('shop', [
      { alias: 'web', cartridge: 'node', environment: { DB_PASSWORD: 'changeme' } },
      { alias: 'jobs', cartridge: 'worker' },
    ]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const mutations = () => platform.parts.mutations;
const set = (ref: typeof SHOP & { alias?: string }, name: string, value: string) =>
  mutations().setSecrets(ANN, { ...ref, secrets: [{ name, value, delivery: 'environment' }] });
const revoke = (name: string, options: { version?: number; force?: boolean } = {}, ref: object = WEB) =>
  mutations().revokeSecret(ANN, { ...SHOP, ...ref, name, force: false, ...options });
const web = () => platform.cluster('web');
const newest = async (alias = 'web'): Promise<ReleaseRecord> =>
  (await platform.database.releases.find({ cluster: platform.cluster(alias).record.uid })).at(-1)!;
const secretsOf = async (alias = 'web') =>
  ((await newest(alias)).configuration.secrets ?? []).map(({ name, version }) => `${name} ${version}`);
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as { code: string; message: string; field: string },
  );

/** What an instance of the service cluster is given. */
async function given(release?: string, alias = 'web'): Promise<Readonly<Record<string, string>> | undefined> {
  const { uid, tenant } = platform.cluster(alias).record;
  const access = new InstanceAccess(
    platform.database,
    createVault(platform.keys),
    () => platform.now,
    platform.tokenTimes,
  );
  const identity = { instance: 'i', cluster: uid, tenant };
  return (await access.releaseSecrets(identity, release ?? (await newest(alias)).uid))?.values;
}

async function settle(): Promise<void> {
  for (let step = 0; step < 25; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
}

describe('a secret that is set', () => {
  test('is a release that names its version, and an instance that runs it is given the value', async () => {
    await platform.release('web', 'a');
    const { changed, releases } = await set(WEB, 'DB_PASSWORD', VALUE);
    expect([changed, releases.map(({ alias, release }) => [alias, release.number])]).toEqual([
      ['DB_PASSWORD'],
      [['web', 2]],
    ]);
    await settle();
    expect(await secretsOf()).toEqual(['DB_PASSWORD 1']);
    expect((await newest()).configuration).toMatchObject({ v: 2, environment: {} });
    expect(await given()).toEqual({ DB_PASSWORD: VALUE });
  });

  test('is a new version and a new release with each other value, and nothing with the same', async () => {
    await platform.release('web', 'a');
    await set(WEB, 'DB_PASSWORD', 'one');
    await set(WEB, 'DB_PASSWORD', 'two');
    expect(await set(WEB, 'DB_PASSWORD', 'two')).toEqual({ changed: [], releases: [] });
    expect(await secretsOf()).toEqual(['DB_PASSWORD 2']);
    expect((await newest()).number).toBe(3);
    const versions = await platform.parts.queries.secretVersions(ANN, web().record);
    expect(
      versions.map(({ version, retiredAt, createdBy, isReadable }) => [
        version,
        retiredAt === null,
        createdBy,
        isReadable,
      ]),
    ).toEqual([
      [1, false, 'ann', true],
      [2, true, 'ann', true],
    ]);
  });

  test('delivered otherwise than before is a new version', async () => {
    await set(WEB, 'KEY', 'one');
    const secrets = [{ name: 'KEY', value: 'one', delivery: 'file' as const }];
    expect((await mutations().setSecrets(ANN, { ...WEB, secrets })).changed).toEqual(['KEY']);
  });

  test('together with others makes one release', async () => {
    await platform.release('web', 'a');
    const secrets = ['A', 'B', 'C'].map((name) => ({ name, value: name, delivery: 'environment' as const }));
    expect((await mutations().setSecrets(ANN, { ...WEB, secrets })).releases).toHaveLength(1);
    expect(await secretsOf()).toEqual(['A 1', 'B 1', 'C 1']);
  });

  test('for the application reaches each component but the load balancer, which may have its own value of it', async () => {
    await platform.release('web', 'a');
    await platform.release('jobs', 'b');
    await set(WEB, 'TOKEN', 'own');
    const { releases } = await set(SHOP, 'TOKEN', 'shared');
    expect(releases.map(({ alias }) => alias)).toEqual(['jobs']);
    await settle();
    expect(await given(undefined, 'web')).toEqual({ TOKEN: 'own' });
    expect(await given(undefined, 'jobs')).toEqual({ TOKEN: 'shared' });
    expect(await given(undefined, 'lb')).toEqual({});
  });

  test('is nowhere in the database, the events, the documents, the answers', async () => {
    await platform.release('web', 'a');
    const answer = await set(WEB, 'DB_PASSWORD', VALUE);
    await settle();
    const { database, parts } = platform;
    const told = JSON.stringify([
      answer,
      await database.secretVersions.find({}),
      await database.releases.find({}),
      await database.events.newest({}, 1000),
      await parts.queries.variables(ANN, web().record),
      await parts.queries.secretVersions(ANN, web().record),
      [...platform.messaging.retained.values()].map((payload) => Buffer.from(payload).toString()),
    ]);
    expect(told).toContain('DB_PASSWORD');
    expect(told).not.toContain(VALUE);
    expect(told).not.toContain(Buffer.from(VALUE).toString('base64').slice(0, 20));
  });
});

test.each([
  ['PORT', 'x', 'set by the platform'],
  ['A-B', 'x', 'expected a name'],
  ['A', '', 'is empty'],
  ['A', 'hunter2\0', 'U+0000'],
  ['A', 'hunter2'.repeat(10_000), 'characters'],
])(
  'the secret %j with a value that cannot be is refused, and the message does not quote it',
  async (name, value, why) => {
    const { code, message } = await refusal(set(WEB, name, value));
    expect(code).toBe('INVALID');
    expect(message).toContain(why);
    expect(message).not.toContain('hunter2');
    expect(await platform.database.secretVersions.find({})).toEqual([]);
  },
);

describe('an instance is given', () => {
  test('the secrets of its own service cluster’s present releases alone', async () => {
    const first = await platform.release('web', 'a');
    await settle();
    await set(WEB, 'DB_PASSWORD', 'one');
    await settle();
    const second = (await newest()).uid;
    await set(WEB, 'DB_PASSWORD', 'two');
    await settle();
    expect(await given()).toEqual({ DB_PASSWORD: 'two' });
    expect(await given(second)).toBeUndefined();
    expect(await given(first)).toBeUndefined();
    expect(await given((await newest()).uid, 'jobs')).toBeUndefined();
  });
});

describe('a rollback', () => {
  test('takes the versions of its release', async () => {
    await platform.release('web', 'a');
    await set(WEB, 'DB_PASSWORD', 'one');
    await settle();
    await set(WEB, 'DB_PASSWORD', 'two');
    await settle();
    await mutations().rollback(ANN, { ...WEB, releaseNumber: 2 });
    await settle();
    expect(web().stable?.number).toBe(2);
    expect(await given(web().stable?.uid)).toEqual({ DB_PASSWORD: 'one' });
  });

  test('to a release whose secret was unset brings it back', async () => {
    await platform.release('web', 'a');
    await set(WEB, 'DB_PASSWORD', 'one');
    await settle();
    expect((await mutations().unsetSecrets(ANN, { ...WEB, names: ['DB_PASSWORD'] })).changed).toEqual(['DB_PASSWORD']);
    await settle();
    expect((await newest()).configuration).toMatchObject({ v: 1, environment: { DB_PASSWORD: 'changeme' } });
    await mutations().rollback(ANN, { ...WEB, releaseNumber: 2 });
    await settle();
    expect(await given(web().stable?.uid)).toEqual({ DB_PASSWORD: 'one' });
  });

  test('to a release with a revoked version is refused by name', async () => {
    await platform.release('web', 'a');
    await set(WEB, 'DB_PASSWORD', 'one');
    await settle();
    await set(WEB, 'DB_PASSWORD', 'two');
    await settle();
    await revoke('DB_PASSWORD', { version: 1 });
    const { code, message } = await refusal(mutations().rollback(ANN, { ...WEB, releaseNumber: 2 }));
    expect(code).toBe('SECRET_REVOKED');
    expect(message).toMatch(
      /release 2 of acme\/shop\/web takes version 1 of the secret DB_PASSWORD, which ann revoked at /,
    );
    expect(web().stable?.number).toBe(3);
  });

  test('to a release whose key is lost is refused by name', async () => {
    await platform.release('web', 'a');
    await set(WEB, 'DB_PASSWORD', 'one');
    await settle();
    await mutations().unsetSecrets(ANN, { ...WEB, names: ['DB_PASSWORD'] });
    await settle();
    platform.keys.splice(0, 1, testKey());
    await platform.start();
    const { code, message } = await refusal(mutations().rollback(ANN, { ...WEB, releaseNumber: 2 }));
    expect([code, message.includes('DB_PASSWORD')]).toEqual(['SECRET_KEY_MISSING', true]);
  });
});

describe('revoking', () => {
  beforeEach(async () => {
    await platform.release('web', 'a');
    await set(WEB, 'DB_PASSWORD', 'one');
    await settle();
  });

  test('a version in use is refused by name, unless forced', async () => {
    const { code, message } = await refusal(revoke('DB_PASSWORD'));
    expect(code).toBe('SECRET_IN_USE');
    expect(message).toContain('version 1 of the secret DB_PASSWORD is taken by release 2 of acme/shop/web');
    expect(await given()).toEqual({ DB_PASSWORD: 'one' });

    const { changed, releases } = await revoke('DB_PASSWORD', { force: true });
    expect([changed, releases.length]).toEqual([['DB_PASSWORD'], 1]);
    expect(await secretsOf()).toEqual([]);
    expect((await newest()).configuration.environment).toEqual({ DB_PASSWORD: 'changeme' });
    await settle();
    expect(web().stable?.number).toBe(3);
  });

  test('destroys what is stored and says who did it', async () => {
    await revoke('DB_PASSWORD', { force: true });
    const [stored] = await platform.database.secretVersions.find({});
    expect(stored).toMatchObject({ sealed: null, revokedBy: 'ann', revokedAt: platform.now });
    expect((await platform.events('secret.revoked')).map(({ data }) => data)).toEqual([
      { by: 'ann', name: 'DB_PASSWORD', version: 1, forced: true },
    ]);
  });

  test('an earlier version that runs again after a rollback makes a release with the present one', async () => {
    await set(WEB, 'DB_PASSWORD', 'two');
    await settle();
    await mutations().rollback(ANN, { ...WEB, releaseNumber: 2 });
    await settle();
    expect((await refusal(revoke('DB_PASSWORD', { version: 1 }))).code).toBe('SECRET_IN_USE');
    const { releases } = await revoke('DB_PASSWORD', { version: 1, force: true });
    expect(releases.map(({ release }) => release.number)).toEqual([4]);
    expect(await secretsOf()).toEqual(['DB_PASSWORD 2']);
  });

  test('what nobody takes needs no force, and again changes nothing', async () => {
    await set(WEB, 'DB_PASSWORD', 'two');
    await settle();
    expect((await revoke('DB_PASSWORD', { version: 1 })).changed).toEqual(['DB_PASSWORD']);
    expect(await revoke('DB_PASSWORD', { version: 1 })).toEqual({ changed: [], releases: [] });
    expect(await given()).toEqual({ DB_PASSWORD: 'two' });
  });

  test('a crash before the release without it is made up for by the next start, once', async () => {
    platform.now += 1000;
    let transactions = 0;
    platform.refuse = (what) =>
      what === 'transaction' && (transactions += 1) === 2 ? new Error('the power is gone') : undefined;
    await expect(revoke('DB_PASSWORD', { force: true })).rejects.toThrow('the power is gone');
    platform.refuse = () => undefined;
    await platform.start();
    expect(await secretsOf()).toEqual([]);
    const { number } = await newest();
    await platform.start();
    expect((await newest()).number).toBe(number);
  });

  test('what is not there is said by name', async () => {
    expect((await refusal(revoke('OTHER'))).message).toContain('"OTHER"');
    expect((await refusal(revoke('DB_PASSWORD', { version: 7 }))).message).toContain('no version 7');
    expect((await refusal(mutations().unsetSecrets(ANN, { ...WEB, names: ['OTHER'] }))).code).toBe('NOT_FOUND');
  });
});

describe('the keys', () => {
  test('are rotated: what was sealed with an older one is sealed with the newest, and reads the same', async () => {
    await platform.release('web', 'a');
    await set(WEB, 'A', 'one');
    await set(WEB, 'B', 'two');
    await settle();
    const next = testKey();
    platform.keys.push(next);
    expect(await rekey(platform.database, createVault(platform.keys))).toEqual({ count: 2, lost: [] });
    expect(await rekey(platform.database, createVault(platform.keys))).toEqual({ count: 0, lost: [] });
    platform.keys.shift();
    expect(await given()).toEqual({ A: 'one', B: 'two' });
    const stored = await platform.database.secretVersions.find({});
    expect(new Set(stored.map(({ sealed }) => sealed?.key))).toEqual(new Set([next.id]));
  });

  test('that are lost are an error that names the secrets, and everything else goes on', async () => {
    await platform.release('web', 'a');
    await set(WEB, 'OLD', 'one');
    await settle();
    platform.keys.splice(0, 1, testKey());
    await platform.start();
    const { lost, count } = await rekey(platform.database, createVault(platform.keys));
    expect([count, lost.map(({ secret }) => secret.name)]).toEqual([0, ['OLD']]);
    expect((await refusal(given())).message).toContain('version 1 of the secret OLD');
    expect((await platform.parts.queries.secretVersions(ANN, web().record))[0]?.isReadable).toBe(false);
    await set(WEB, 'NEW', 'two');
    expect((await set(WEB, 'OLD', 'one')).changed).toEqual(['OLD']);
    await settle();
    expect(await given()).toEqual({ NEW: 'two', OLD: 'one' });
  });

  test('that are all gone: nothing is set, and the error says what to do', async () => {
    platform.keys.length = 0;
    await platform.start();
    const { code, message } = await refusal(set(WEB, 'A', 'hunter2'));
    expect(code).toBe('SECRET_KEY_MISSING');
    expect(message).toContain('cartwright keys rotate');
    expect(message).not.toContain('hunter2');
    expect(await platform.database.secretVersions.find({})).toEqual([]);
  });
});

test('secrets go with the application', async () => {
  await set(SHOP, 'A', 'one');
  await set(WEB, 'B', 'two');
  await mutations().deleteApplication(ANN, { name: 'shop' });
  await settle();
  expect(await platform.database.applications.find({})).toEqual([]);
  expect(await platform.database.secretVersions.find({})).toEqual([]);
});
