import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../errors.ts';
import type { Principal } from '../principal.ts';
import type { AuditRecord } from '../records/audit.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { newTenant } from '../tenants/quota.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { newUid } from '../../../schema/ids.ts';

let platform: Platform;
const ANN: Principal = { token: 'anns', name: 'ann', role: 'admin', tenant: 'acme', application: null };
const EVE: Principal = { token: 'eves', name: 'eve', role: 'admin', tenant: 'beta', application: null };
const ref = { application: 'shop', alias: 'web' };
const git = { url: 'https://git.example.org/shop.git' };

beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node', source: { git } }]));
});
afterEach(() => platform[Symbol.asyncDispose]());

const mutations = () => platform.parts.mutations;
const all = (): Promise<AuditRecord[]> => platform.database.audit.find({}, {});
const brief = async () =>
  (await all()).map(({ mutation, outcome, code, object }) =>
    [mutation, outcome, code, object === null ? null : `${object.kind} ${object.name}`].filter(Boolean).join(' '),
  );

test('who, what, and the changed fields before and after', async () => {
  await mutations().scale(ANN, { ...ref, instances: 3, kind: 'pin', reason: 'sale' });
  const { uid: cluster } = platform.cluster('web').record;
  const [tenant] = await platform.database.tenants.find({ name: 'acme' });
  expect(await all()).toEqual([
    {
      uid: expect.any(String) as unknown as string,
      at: platform.now,
      tenant: 'acme',
      tenantUid: tenant!.uid,
      actor: ANN,
      mutation: 'scale',
      outcome: 'done',
      code: null,
      object: { kind: 'ServiceCluster', uid: cluster, name: 'shop/web' },
      before: { generation: 1, override: null },
      after: {
        generation: 2,
        'override.kind': 'pin',
        'override.instances': 3,
        'override.reason': 'sale',
        'override.by': 'ann',
        'override.createdAt': platform.now,
        'override.expiresAt': platform.now + 3_600_000,
      },
      address: null,
      idempotencyKey: null,
      request: expect.any(String) as unknown as string,
    },
  ]);
});

test('what the platform does for itself is no mutation', async () => {
  await platform.release();
  await platform.pass();
  await platform.pass();
  expect(await all()).toEqual([]);
});

test('one record for each object of a request, all with the same request', async () => {
  await mutations().apply(OPERATOR, {
    tenant: 'acme',
    manifests: application('api', [{ alias: 'web', cartridge: 'node' }]),
  });
  expect(await brief()).toEqual([
    'apply done Application api',
    'apply done ServiceCluster api/web',
    'apply done ServiceCluster api/lb',
    'apply done Release v1',
  ]);
  expect(new Set((await all()).map(({ request }) => request)).size).toBe(1);
  expect(new Set((await all()).map(({ tenant }) => tenant))).toEqual(new Set(['acme']));
});

test('one that changes nothing, and one that is refused, are recorded with what they named', async () => {
  const manifests = application('shop', [{ alias: 'web', cartridge: 'node', source: { git } }]);
  await mutations().apply(ANN, { manifests });
  await expect(mutations().scale(ANN, { ...ref, instances: 99, kind: 'pin', reason: 'x' })).rejects.toThrow();
  await expect(mutations().pause(EVE, { ...ref, tenant: 'acme', reason: 'x' })).rejects.toThrow();
  await expect(mutations().revokeToken(EVE, 'nobodys')).rejects.toThrow();
  await expect(mutations().deleteTenant(ANN, { name: 'beta' })).rejects.toThrow();
  expect(await brief()).toEqual([
    'apply unchanged Application shop',
    'scale refused QUOTA_EXCEEDED ServiceCluster shop/web',
    'pause refused FORBIDDEN ServiceCluster shop/web',
    'revokeToken refused NOT_FOUND Token null',
    'deleteTenant refused FORBIDDEN Tenant beta',
  ]);
  // In the name of who asked: nobody finds out from their own records what somebody else tried, nor fills those of others.
  expect((await all()).map(({ tenant }) => tenant)).toEqual(['acme', 'acme', 'beta', 'beta', 'acme']);
});

test('an operator’s refusal is the tenant’s that it is about, named or not', async () => {
  const asked = { ...ref, instances: 2, kind: 'pin' as const, reason: 'x' };
  await expect(mutations().scale(OPERATOR, asked)).rejects.toThrow();
  await expect(mutations().scale(OPERATOR, { ...asked, instances: 99, tenant: 'acme' })).rejects.toThrow();
  await expect(mutations().deleteCredential(OPERATOR, { name: 'forge' })).rejects.toThrow();
  await expect(mutations().revokeToken(OPERATOR, 'nobodys')).rejects.toThrow();
  expect((await all()).map(({ tenant }) => tenant)).toEqual(['default', 'acme', 'default', null]);
});

test('an apply that is refused is the tenant’s that its manifests name', async () => {
  const apply = async (principal: Principal, manifests: string, tenant?: string): Promise<void> =>
    void (await expect(mutations().apply(principal, { manifests, ...(tenant && { tenant }) })).rejects.toThrow());
  const wrong = (name: string, tenant?: string) =>
    `{apiVersion: cartwright.dev/v1, kind: Application, metadata: {name: ${name}${tenant ? `, tenant: ${tenant}` : ''}}, spec: {colour: red}}`;
  await apply(OPERATOR, wrong('shop', 'acme'));
  await apply(OPERATOR, application('shop', [{ alias: 'web', cartridge: 'nosuch' }]), 'acme');
  await apply(OPERATOR, wrong('shop'));
  await apply(OPERATOR, `${wrong('shop', 'acme')}\n---\n${wrong('blog', 'acme')}`);
  await apply(OPERATOR, `${wrong('shop', 'acme')}\n---\n${wrong('blog', 'beta')}`);
  await apply(OPERATOR, 'no manifest');
  await apply(OPERATOR, wrong('shop', '"a/../b"'));
  // Whatever it names: in the name of who asked.
  await apply(EVE, wrong('shop', 'acme'));
  expect((await all()).map(({ tenant, object }) => [tenant, object?.name ?? null])).toEqual([
    ['acme', 'shop'],
    ['acme', 'shop'],
    ['default', 'shop'],
    ['acme', null],
    [null, null],
    [null, null],
    [null, null],
    ['beta', 'shop'],
  ]);
});

test('a change and its record are there together or not at all', async () => {
  platform.refuse = (what) => (what === 'transaction' ? new StoreUnavailable('DATABASE_FULL', 'full') : undefined);
  await expect(mutations().pause(ANN, { ...ref, reason: 'x' })).rejects.toThrow('full');
  platform.refuse = () => undefined;
  expect(await all()).toEqual([]);
  expect(platform.cluster('web').record.paused).toBeNull();
  // The program's log has what the database could not take.
  expect(platform.failures).toEqual([expect.objectContaining({ code: 'DATABASE_FULL' })]);
});

test('what fails after it has changed something has a record of the change and one of its end', async () => {
  platform.fetcher.failure = new Error('the disk is gone');
  await expect(mutations().deploy(ANN, ref)).rejects.toThrow('the disk is gone');
  expect(await brief()).toEqual(['deploy failed INTERNAL ServiceCluster shop/web']);
});

test('a build that a deploy began is the platform’s own doing', async () => {
  const { build } = await mutations().deploy(ANN, ref);
  await eventually('the build', async () => (await platform.database.builds.get(build.uid))?.state === 'succeeded');
  await platform.pass();
  expect(await brief()).toEqual(['deploy done Source shop/web', 'deploy done Build shop/web']);
});

test('a task is recorded as it was asked for and as it was stopped; what becomes of it is the platform’s own doing', async () => {
  await platform.release();
  await eventually('a release', async () => {
    await platform.pass();
    return platform.cluster('web').record.stableRelease !== null;
  });
  const command = ['migrate', 'postgres://ann:S3CRET@db/shop'];
  const { uid } = await mutations().runTask(ANN, { ...ref, command });
  await mutations().stopTask(ANN, uid);
  await eventually('its end', async () => (await platform.database.tasks.get(uid))?.state === 'stopped');
  await mutations().stopTask(ANN, uid);
  const records = await all();
  expect(records.map(({ mutation, outcome, object }) => ({ mutation, outcome, uid: object?.uid }))).toEqual([
    { mutation: 'runTask', outcome: 'done', uid },
    { mutation: 'stopTask', outcome: 'done', uid },
    { mutation: 'stopTask', outcome: 'unchanged', uid },
  ]);
  const [asked, stopped] = records;
  expect(asked).toMatchObject({ tenant: 'acme', object: { kind: 'Task', name: 'shop/web' }, before: null });
  expect(asked!.after).toMatchObject({ kind: 'run', command: ['migrate', 'postgres://db/shop'], createdBy: 'ann' });
  expect(Object.keys(asked!.after!)).not.toContain('tokenHash');
  expect(stopped).toMatchObject({ before: { stoppedBy: null }, after: { stoppedBy: 'ann' } });
});

describe('nothing that is secret is recorded', () => {
  test('of secrets, variables, credentials and tokens', async () => {
    const secrets = [{ name: 'KEY', value: 'S3CRET', delivery: 'environment' as const }];
    await mutations().setSecrets(ANN, { ...ref, secrets });
    await mutations().setSecrets(ANN, { ...ref, secrets: [{ ...secrets[0]!, value: 'S3CRET-2' }] });
    await mutations().revokeSecret(ANN, { ...ref, name: 'KEY', version: 1, force: false });
    await mutations().configure(ANN, { ...ref, set: [{ name: 'PASS', value: 'S3CRET' }], unset: [] });
    await mutations().configure(ANN, { ...ref, set: [{ name: 'PASS', value: 'S3CRET-2' }], unset: [] });
    const forge = { name: 'forge', kind: 'password' as const, hosts: ['git.example.org'], username: 'ann' };
    await mutations().setCredential(ANN, { ...forge, value: 'S3CRET' });
    const { token, record } = await mutations().createToken(ANN, { name: 'ci', role: 'viewer' });
    await mutations().apply(ANN, {
      manifests: application('api', [{ alias: 'web', cartridge: 'node', environment: { PASS: 'S3CRET' } }]),
    });
    const text = JSON.stringify(await all());
    expect(text).not.toContain('S3CRET');
    expect(text).not.toContain(token);
    expect(text).not.toContain(record.hash);
    expect(text).not.toContain('sealed');
    const named = (await all()).filter(({ mutation }) => mutation === 'configure');
    expect(named.map(({ before, after }) => [before, after])).toContainEqual([
      expect.objectContaining({ 'variables.PASS': '(not recorded)' }),
      expect.objectContaining({ 'variables.PASS': '(not recorded)' }),
    ]);
    expect((await brief()).filter((line) => / (Secret|Token|Credential|Configuration) /.test(line))).toEqual([
      'setSecrets done Secret KEY v1',
      'setSecrets done Secret KEY v1',
      'setSecrets done Secret KEY v2',
      'revokeSecret done Secret KEY v1',
      'configure done Configuration shop/web',
      'configure done Configuration shop/web',
      'setCredential done Credential forge',
      'createToken done Token ci',
    ]);
  });
});

describe('reading', () => {
  const read = (principal: Principal, question: object = {}) =>
    platform.parts.queries.auditRecords(principal, { ...question, page: {} });
  beforeEach(async () => {
    await mutations().pause(ANN, { ...ref, reason: 'x' });
    platform.now += 1000;
    await platform.parts.trail.run(OPERATOR, { mutation: 'resume', address: '192.0.2.1' }, () =>
      mutations().resume(OPERATOR, { ...ref, tenant: 'acme' }),
    );
    await expect(mutations().createTenant(EVE, { name: 'gamma' })).rejects.toThrow();
  });

  test('is for operators all of it, for admins their tenant’s, for others nothing', async () => {
    const names = async (principal: Principal, question?: object) =>
      (await read(principal, question)).map(({ mutation }) => mutation);
    expect(await names(OPERATOR)).toEqual(['pause', 'resume', 'createTenant']);
    expect(await names(OPERATOR, { tenant: 'acme' })).toEqual(['pause', 'resume']);
    expect(await names(ANN)).toEqual(['pause', 'resume']);
    expect(await names(EVE)).toEqual(['createTenant']);
    for (const other of [
      { ...ANN, role: 'deployer' as const },
      { ...ANN, role: 'viewer' as const },
      { ...ANN, application: 'shop' },
    ])
      await expect(read(other)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(read(EVE, { tenant: 'acme' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('is narrowed by who, what and when', async () => {
    const names = async (question: object) => (await read(OPERATOR, question)).map(({ mutation }) => mutation);
    expect(await names({ actor: 'ann' })).toEqual(['pause']);
    expect(await names({ object: 'shop/web' })).toEqual(['pause', 'resume']);
    expect(await names({ object: platform.cluster('web').record.uid })).toEqual(['pause', 'resume']);
    expect(await names({ outcome: 'refused' })).toEqual(['createTenant']);
    expect(await names({ from: platform.now })).toEqual(['resume', 'createTenant']);
    expect(await names({ to: platform.now })).toEqual(['pause']);
  });

  test('does not tell a tenant where the platform’s operators sit', async () => {
    expect((await read(OPERATOR)).map(({ address }) => address)).toEqual([null, '192.0.2.1', null]);
    expect((await read(ANN)).map(({ address }) => address)).toEqual([null, null]);
  });

  test('shows a tenant nothing of one that had its name before', async () => {
    const [acme] = await platform.database.tenants.find({ name: 'acme' });
    await platform.database.tenants.delete(acme!.uid);
    await platform.database.forgetTenant('acme');
    expect(await read(ANN)).toEqual([]);
    await platform.database.tenants.save(newTenant('acme', { now: platform.now, newUid }));
    expect(await read(ANN)).toEqual([]);
    expect(await read(OPERATOR, { tenant: 'acme' })).toHaveLength(2);
  });
});
