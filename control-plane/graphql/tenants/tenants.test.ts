/** Tenants over real HTTP: made, bounded and deleted by operators; what goes with them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { Agents } from '../../app/testing/agents.ts';
import { application, document } from '../../app/testing/manifests.ts';
import { Site } from '../testing/site.ts';

let site: Site;
let operator: string;
beforeEach(async () => {
  site = await Site.open();
  operator = (await site.token({ name: 'root', role: 'operator', tenant: null })).bearer;
});
afterEach(() => site[Symbol.asyncDispose]());

const names = async () =>
  ((await site.ask(operator, '{ tenants { name } }')).data?.tenants as { name: string }[]).map(({ name }) => name);
const remove = (input: object) => site.mutate(operator, 'deleteTenant', input, 'tenant { deletingSince }');

describe('a tenant', () => {
  test('is made with the defaults and what is said, once', async () => {
    const input = { name: 'gamma', quota: { instances: 3 } };
    const made = await site.mutate(operator, 'createTenant', input, 'tenant { name quotaInstances deletingSince }');
    expect(made.payload?.tenant).toEqual({ name: 'gamma', quotaInstances: 3, deletingSince: null });
    expect((await site.mutate(operator, 'createTenant', input)).code).toBe('CONFLICT');
    const [record] = await site.platform.database.tenants.find({ name: 'gamma' });
    expect(record?.quota).toMatchObject({ instances: 3, applications: 50 });
  });

  test.each(['', 'Upper', 'a/b', '../x', '*platform', '-a', 'a'.repeat(41), 'x; drop table tenant'])(
    'is not called %j',
    async (name) => {
      expect((await site.mutate(operator, 'createTenant', { name })).code).toBe('INVALID');
    },
  );

  test('gets another quota, in the parts that are named', async () => {
    const quota = { memoryBytes: 5 * 2 ** 40, buildsAtOnce: 1 };
    expect((await site.mutate(operator, 'setTenantQuota', { name: 'acme', quota })).code).toBeNull();
    const [record] = await site.platform.database.tenants.find({ name: 'acme' });
    expect(record?.quota).toMatchObject({ ...quota, instances: 20 });
    expect((await site.mutate(operator, 'setTenantQuota', { name: 'nobody', quota })).code).toBe('NOT_FOUND');
    expect((await site.mutate(operator, 'setTenantQuota', { name: 'acme', quota: { instances: -1 } })).code).toBe(
      'INVALID',
    );
  });

  test.each(['admin', 'deployer', 'viewer'] as const)('is none of the business of its %s', async (role) => {
    const { bearer } = await site.token({ role });
    for (const [mutation, input] of [
      ['createTenant', { name: 'gamma' }],
      ['setTenantQuota', { name: 'acme', quota: { instances: 100 } }],
      ['deleteTenant', { name: 'acme' }],
    ] as const)
      expect((await site.mutate(bearer, mutation, input)).code).toBe('FORBIDDEN');
  });
});

describe('deleting a tenant', () => {
  test('that is empty takes its tokens with it', async () => {
    const { bearer } = await site.token({ tenant: 'beta', role: 'admin' });
    const open = site.subscribe(bearer, 'subscription { events { __typename } }').next();
    const failure = open.catch((error: unknown) => error);
    await eventually('it is followed', () => site.platform.parts.tokenWatch.followed > 0);
    expect((await remove({ name: 'beta' })).code).toBeNull();
    expect(await failure).toMatchObject({ code: 4403 });
    expect((await site.post(bearer, { query: '{ caller { name } }' })).status).toBe(401);
    await eventually('it is gone', async () => !(await names()).includes('beta'));
    expect(await site.platform.database.tokens.find({ tenant: 'beta' })).toEqual([]);
  });

  test('that has something is refused, and so is a cascade without the name', async () => {
    await site.platform.apply(document('AutoscalingPolicy', 'calm', { maximum: 5 }));
    const { code, message } = await remove({ name: 'acme' });
    expect(code).toBe('CONFLICT');
    expect(message).toContain('0 applications and 1 policies');
    for (const repeatedName of [null, 'beta', 'ACME'])
      expect((await remove({ name: 'acme', cascade: true, repeatedName })).code).toBe('INVALID');
    expect(await names()).toContain('acme');
  });

  test('with all that it has drains and stops it, and leaves nothing for who gets the name later', async () => {
    const { platform } = site;
    const agents = new Agents(platform);
    await platform.apply(
      document('AutoscalingPolicy', 'calm', { maximum: 5 }) +
        application('shop', [{ alias: 'web', cartridge: 'plain', autoscaling: 'calm' }]),
    );
    const pass = async () => {
      await platform.pass();
      agents.step();
      platform.now += 1000;
    };
    for (let step = 0; step < 4; step += 1) await pass();
    expect(platform.cluster('web').live().length).toBeGreaterThan(0);
    const release = (await platform.database.releases.find({ tenant: 'acme' }))[0]!.uid;

    expect((await remove({ name: 'acme', cascade: true, repeatedName: 'acme' })).code).toBeNull();
    expect(await names()).toContain('acme');
    await expect(platform.apply(application('late', [{ alias: 'web', cartridge: 'plain' }]))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'the tenant acme is being deleted',
    });
    await eventually('it is gone', async () => {
      await pass();
      return !(await names()).includes('acme');
    });
    expect(platform.provider.instances.size).toBe(0);

    expect((await site.mutate(operator, 'createTenant', { name: 'acme' })).code).toBeNull();
    const { bearer } = await site.token({ role: 'admin' });
    const { data } = await site.ask(
      bearer,
      `{ applications { edges { cursor } } policies { name } release(uid: "${release}") { uid }
         events(first: 50) { edges { node { type } } } tokens { name } }`,
    );
    const { events, tokens, ...rest } = data as Record<string, { edges: { node: { type: string } }[] }>;
    expect(rest).toEqual({ applications: { edges: [] }, policies: [], release: null });
    expect(events?.edges.map(({ node }) => node.type)).toEqual(['tenant.created']);
    expect(tokens).toHaveLength(1);
  });

  test.each([1, 2])('that a crash interrupted after step %i goes on at the next start', async (steps) => {
    const { platform } = site;
    const killed = platform.crash.after(steps);
    const asked = remove({ name: 'beta' });
    await killed;
    expect(await names()).toContain('beta');
    platform.crash.never();
    await platform.start();
    await eventually('it is gone', async () => !(await names()).includes('beta'));
    await asked;
  });
});

describe('where tenants are not kept from each other', () => {
  const web = application('shop', [{ alias: 'web', cartridge: 'plain' }]);
  test('only one of them may have instances', async () => {
    site.platform.provider.isolatesTenants = false;
    const admins = {
      acme: (await site.token({ role: 'admin' })).bearer,
      beta: (await site.token({ role: 'admin', tenant: 'beta' })).bearer,
    };
    const apply = (tenant: 'acme' | 'beta') => site.mutate(admins[tenant], 'apply', { manifests: web });
    // Two at once: one of them is the first.
    const answers = await Promise.all([apply('acme'), apply('beta')]);
    expect(answers.map(({ code }) => code).sort()).toEqual(['TENANTS_NOT_ISOLATED', null]);
    const refused = answers.find(({ code }) => code !== null);
    expect(refused?.message).toMatch(/^the tenant (acme|beta) cannot have instances here: .* user id of its own/);
    const first = answers[0].code === null ? 'acme' : 'beta';
    expect((await apply(first)).code).toBeNull();
    const policy = document('AutoscalingPolicy', 'calm', { maximum: 5 });
    expect((await site.mutate(admins.beta, 'apply', { manifests: policy })).code).toBeNull();
  });
});
