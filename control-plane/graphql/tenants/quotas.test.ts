/** Quotas over real HTTP: what is used and allowed is shown, and what exceeds it is refused with both. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { application } from '../../app/testing/manifests.ts';
import { Site } from '../testing/site.ts';

let site: Site;
let operator: string;
let deployer: string;
beforeEach(async () => {
  site = await Site.open();
  operator = (await site.token({ role: 'operator', tenant: null })).bearer;
  deployer = (await site.token({ role: 'deployer' })).bearer;
});
afterEach(() => site[Symbol.asyncDispose]());

const setQuota = async (quota: object) =>
  expect((await site.mutate(operator, 'setTenantQuota', { name: 'acme', quota })).code).toBeNull();
const apply = (manifests: string) => site.mutate(deployer, 'apply', { manifests });
const worker = (name: string) => application(name, [{ alias: 'jobs', cartridge: 'worker' }]);
const REF = { application: 'shop', alias: 'jobs' };

test('what is used and allowed is shown to the tenant', async () => {
  await apply(worker('shop'));
  await site.platform.release('jobs');
  await site.platform.pass();
  const { data } = await site.ask(
    deployer,
    '{ tenants { quota { instances { used allowed } applications { used allowed } memoryBytes { used } buildsAtOnce { used allowed } logBytes { used allowed } } } }',
  );
  const memory = site.platform.cluster('jobs').plan.spec.resources.memoryBytes;
  expect(data?.tenants).toEqual([
    {
      quota: {
        instances: { used: 1, allowed: 20 },
        applications: { used: 1, allowed: 50 },
        memoryBytes: { used: memory },
        buildsAtOnce: { used: 0, allowed: 2 },
        logBytes: { used: 0, allowed: 2 ** 30 },
      },
    },
  ]);
});

describe('beyond the quota of', () => {
  test('applications none is applied, one by one or several at once', async () => {
    await setQuota({ applications: 2 });
    expect(await apply(worker('one') + worker('two') + worker('three'))).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('0 applications are used and 3 more are asked for; 2 are allowed') as unknown,
    });
    expect((await apply(worker('one') + worker('two'))).code).toBeNull();
    expect((await apply(worker('three'))).code).toBe('QUOTA_EXCEEDED');
    expect((await apply(worker('two'))).code).toBeNull();
  });

  test('instances no application finds room, and none is scaled there', async () => {
    await setQuota({ instances: 1 });
    const web = application('web', [{ alias: 'web', cartridge: 'plain' }]);
    const { code, message } = await apply(web);
    expect(code).toBe('QUOTA_EXCEEDED');
    expect(message).toContain('0 instances are used and 2 more are asked for; 1 are allowed');
    expect((await apply(worker('shop'))).code).toBeNull();
    const scaled = await site.mutate(deployer, 'scale', { ref: REF, instances: 2, reason: 'more' });
    expect(scaled).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect((await site.mutate(deployer, 'scale', { ref: REF, instances: 1, reason: 'one' })).code).toBeNull();
  });

  test('memory none is wanted, whatever its policy says', async () => {
    await apply(worker('shop'));
    const cluster = site.platform.cluster('jobs');
    await setQuota({ memoryBytes: cluster.plan.spec.resources.memoryBytes - 1 });
    const { code, message } = await site.mutate(deployer, 'scale', { ref: REF, instances: 1, reason: 'x' });
    expect(code).toBe('QUOTA_EXCEEDED');
    expect(message).toContain('0 bytes of memory are used');
    const digest = `sha256-${'a'.repeat(64)}`;
    expect((await site.mutate(deployer, 'deploy', { ref: REF, uploadDigest: digest })).code).toBe('QUOTA_EXCEEDED');
    await site.platform.release('jobs');
    await site.platform.pass();
    expect(cluster.record.wanted).toBe(0);
    expect(site.platform.provider.instances.size).toBe(0);
  });

  test('builds others wait, and too many are refused', async () => {
    await setQuota({ buildsAtOnce: 1 });
    const git = { url: 'https://git.example.org/shop.git' };
    const components = ['a', 'b', 'c'].map((alias) => ({ alias, cartridge: 'worker', source: { git } }));
    await apply(application('shop', components));
    const { builder, database, fetcher, parts } = site.platform;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const run = builder.run.bind(builder);
    let most = 0;
    let now = 0;
    builder.run = async (...args) => {
      now += 1;
      most = Math.max(most, now);
      await held;
      now -= 1;
      return run(...args);
    };
    let commits = 0;
    // Another commit each time: the same one again would be the build that waits already.
    const deploy = (alias: string) => {
      commits += 1;
      fetcher.refs.set(`${git.url}#main`, String(commits).padStart(40, '0'));
      return site.mutate(deployer, 'deploy', { ref: { application: 'shop', alias } });
    };
    for (const alias of ['a', 'b', 'c']) expect((await deploy(alias)).code).toBeNull();
    await eventually('one runs', () => now === 1);
    for (let count = 3; count < 21; count += 1) expect((await deploy('a')).code).toBeNull();
    const { code, message } = await deploy('a');
    expect(code).toBe('QUOTA_EXCEEDED');
    expect(message).toContain('21 builds are running or waiting, of which 1 may run at once and 20 wait');
    release();
    await eventually(
      'all are built',
      async () => {
        const states = (await database.builds.find({ tenant: 'acme' })).map(({ state }) => state);
        return states.every((state) => state === 'succeeded');
      },
      20_000,
    );
    expect(most).toBe(1);
    expect(parts.fleet.clusterByKey({ tenant: 'acme', application: 'shop', alias: 'a' })).toBeDefined();
  });
});
