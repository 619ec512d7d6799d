import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import type { Principal } from '../principal.ts';
import { application, document } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
});
afterEach(() => platform[Symbol.asyncDispose]());

const SHOP = application('shop', [{ alias: 'web', cartridge: 'node' }]);
const policy = (maximum: number) => document('AutoscalingPolicy', 'calm', { minimum: 1, maximum });
const shop = (component: Record<string, unknown>) =>
  application('shop', [{ alias: 'web', cartridge: 'node', ...component }]);
const results = async (...args: Parameters<Platform['apply']>) =>
  (await platform.apply(...args)).map(({ kind, name, result }) => `${kind} ${name} ${result}`);
const aliases = () => [...platform.parts.fleet.clusters()].map(({ keyText }) => keyText).sort();
const stored = async () => ({
  applications: (await platform.database.applications.find({})).length,
  policies: (await platform.database.policies.find({})).length,
  clusters: (await platform.database.clusters.find({})).length,
  releases: (await platform.database.releases.find({})).length,
  events: await platform.database.events.last(),
});

test('the same again changes nothing', async () => {
  expect(await results(policy(5) + SHOP)).toEqual(['AutoscalingPolicy calm created', 'Application shop created']);
  await platform.parts.recorded();
  const before = await stored();
  expect(await results(policy(5) + SHOP)).toEqual(['AutoscalingPolicy calm unchanged', 'Application shop unchanged']);
  await platform.parts.recorded();
  expect(await stored()).toEqual(before);
  expect(await platform.database.applications.find({})).toMatchObject([{ generation: 1 }]);
});

test('a change raises the generation, keeps the uid, and is told', async () => {
  const [created] = await platform.apply(SHOP);
  const [changed] = await platform.apply(shop({ concurrency: 5 }));
  expect(changed).toMatchObject({ result: 'changed', uid: created!.uid });
  expect(await platform.database.applications.find({})).toMatchObject([{ generation: 2 }]);
  expect(platform.cluster('web').plan.spec.concurrency).toBe(5);
  expect(await platform.events('application.changed')).toMatchObject([{ data: { generation: 2 } }]);
});

test('an application with an HTTP port gets a load balancer, with a port of its own', async () => {
  await platform.apply(SHOP + application('jobs', [{ alias: 'work', cartridge: 'worker' }]));
  expect(aliases()).toEqual(['acme/jobs/work', 'acme/shop/lb', 'acme/shop/web']);
  expect(platform.cluster('lb').record.publicPort).toBe(8001);
  expect(platform.cluster('lb').pending).toMatchObject({ artifact: null, createdBy: 'platform' });
  expect(platform.cluster('web').pending).toBeNull();
});

test('a route has the affinity that it names, else its cartridge’s', async () => {
  const routes = [{ path: '/' }, { path: '/api', affinity: 'none' }, { path: '/login', affinity: 'cookie' }];
  await platform.apply(shop({ routes }));
  expect(platform.cluster('web').plan.routes).toEqual([{ path: '/' }, { path: '/api' }, routes[2]]);
  const [cartridge] = await platform.database.cartridges.find({ name: 'node' });
  const spec = { ...cartridge!.manifest.spec, affinity: 'cookie' as const };
  await platform.database.cartridges.save({ ...cartridge!, manifest: { ...cartridge!.manifest, spec } });
  await platform.apply(shop({ routes }));
  expect(platform.cluster('web').plan.routes).toEqual([{ path: '/', affinity: 'cookie' }, { path: '/api' }, routes[2]]);
  await platform.apply(SHOP);
  expect(platform.cluster('web').plan.routes).toEqual([{ path: '/', affinity: 'cookie' }]);
});

test('a dry run says what would be, and stores nothing', async () => {
  const before = await stored();
  expect(await results(policy(5) + shop({ autoscaling: 'calm' }), { dryRun: true })).toEqual([
    'AutoscalingPolicy calm created',
    'Application shop created',
  ]);
  await platform.parts.recorded();
  expect(await stored()).toEqual(before);
  expect(aliases()).toEqual([]);
});

describe('the generation that is expected', () => {
  test('must be the present one; 0 is that of what is not there', async () => {
    await platform.apply(SHOP, { expectedGeneration: 0 });
    const conflict = { code: 'CONFLICT', field: 'expectedGeneration' };
    await expect(platform.apply(SHOP, { expectedGeneration: 0 })).rejects.toMatchObject(conflict);
    await expect(platform.apply(SHOP, { expectedGeneration: 2 })).rejects.toMatchObject(conflict);
    await platform.apply(SHOP, { expectedGeneration: 1 });
  });

  test('is checked of all that is applied before any of it is stored', async () => {
    await platform.apply(SHOP);
    const before = await stored();
    await expect(platform.apply(policy(5) + shop({ concurrency: 5 }), { expectedGeneration: 0 })).rejects.toMatchObject(
      {
        code: 'CONFLICT',
      },
    );
    expect((await stored()).policies).toBe(before.policies);
  });
});

describe('a policy', () => {
  test('is used by its name, and by its change', async () => {
    await platform.apply(policy(5) + shop({ autoscaling: 'calm' }));
    expect(platform.cluster('web').plan.effective.policy.maximum).toBe(5);
    await platform.apply(policy(7));
    expect(platform.cluster('web').plan.effective.policy.maximum).toBe(7);
    await platform.start();
    expect(platform.cluster('web').plan.effective.policy.maximum).toBe(7);
  });

  test('whose change a crash cut short is taken when it is applied again', async () => {
    await platform.apply(policy(5) + shop({ autoscaling: 'calm' }));
    const [record] = await platform.database.policies.find({ name: 'calm' });
    const manifest = { ...(record!.manifest as object), spec: { minimum: 1, maximum: 9 } };
    await platform.database.policies.save({ ...record!, manifest });
    expect(platform.cluster('web').plan.effective.policy.maximum).toBe(5);
    expect(await results(policy(9))).toEqual(['AutoscalingPolicy calm unchanged']);
    expect(platform.cluster('web').plan.effective.policy.maximum).toBe(9);
  });

  test('of another tenant is another one', async () => {
    await platform.apply(policy(5) + shop({ autoscaling: 'calm' }));
    await platform.apply(policy(9), { tenant: 'beta' });
    expect(platform.cluster('web').plan.effective.policy.maximum).toBe(5);
  });

  test('in shadow mode is heeded, also when it was active before', async () => {
    await platform.apply(policy(5) + shop({ autoscaling: 'calm' }));
    await platform.apply(document('AutoscalingPolicy', 'calm', { minimum: 1, maximum: 5, mode: 'shadow' }));
    expect(platform.cluster('web').record.shadow).toBe(true);
    await platform.apply(policy(5));
    expect(platform.cluster('web').record.shadow).toBe(false);
    expect((await platform.database.clusters.get(platform.cluster('web').record.uid))?.shadow).toBe(false);
  });
});

describe('a component that is left out', () => {
  const both = application('shop', [
    { alias: 'web', cartridge: 'node' },
    { alias: 'jobs', cartridge: 'worker' },
  ]);

  test('goes, when nothing of it runs any more', async () => {
    await platform.apply(both);
    await platform.apply(SHOP);
    expect(platform.cluster('jobs').record.deletingSince).not.toBeNull();
    await platform.pass();
    expect(aliases()).toEqual(['acme/shop/lb', 'acme/shop/web']);
    expect(await platform.database.clusters.find({ alias: 'jobs' })).toEqual([]);
    expect(platform.parts.fleet.applications.size).toBe(1);
  });

  test('and put back before it is gone stays', async () => {
    await platform.apply(both);
    const { uid } = platform.cluster('jobs').record;
    await platform.apply(SHOP);
    await platform.apply(both);
    await platform.pass();
    expect(platform.cluster('jobs').record).toMatchObject({ uid, deletingSince: null });
  });

  test('and put back while it is being removed is made anew', async () => {
    await platform.apply(both);
    const before = platform.cluster('jobs');
    await platform.apply(SHOP);
    // The pass that removes it is under way, and the apply waits for its turn behind it.
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const removing = before.serial.run(async () => {
      await held;
      await platform.parts.removal.cluster(before);
    });
    let turns = 0;
    const { run } = before.serial;
    before.serial.run = (task) => {
      turns += 1;
      return run.call(before.serial, task) as ReturnType<typeof task>;
    };
    const applying = platform.apply(both);
    await eventually('the apply waits', () => turns === 1);
    goOn();
    await removing;
    expect(await applying).toMatchObject([{ result: 'changed' }]);
    expect(platform.cluster('jobs').record.uid).not.toBe(before.record.uid);
    const records = await platform.database.clusters.find({ alias: 'jobs' });
    expect(records.map(({ uid }) => uid)).toEqual([platform.cluster('jobs').record.uid]);
  });
});

test('two applies at once make each service cluster once', async () => {
  const outcomes = await Promise.all([results(SHOP), results(SHOP), results(shop({ concurrency: 3 }))]);
  expect(outcomes).toEqual([
    ['Application shop created'],
    ['Application shop unchanged'],
    ['Application shop changed'],
  ]);
  expect(aliases()).toEqual(['acme/shop/lb', 'acme/shop/web']);
  expect(await platform.database.clusters.find({})).toHaveLength(2);
  expect(await platform.database.applications.find({})).toMatchObject([{ generation: 2 }]);
});

describe('a change of', () => {
  beforeEach(async () => {
    await platform.apply(shop({ environment: { MODE: 'a' } }));
    await platform.release();
    await platform.pass();
  });
  const releases = () => platform.database.releases.find({ cluster: platform.cluster('web').record.uid });

  test.each([
    ['the environment', { environment: { MODE: 'b' } }],
    ['the start command', { environment: { MODE: 'a' }, start: ['node', 'other.js'] }],
    ['the readiness check', { environment: { MODE: 'a' }, readiness: { http: { path: '/ready' } } }],
  ])('%s is a new release of the same artifact', async (_, component) => {
    await platform.apply(shop(component));
    const [first, second, ...others] = await releases();
    expect(others).toEqual([]);
    expect(second).toMatchObject({ number: 2, artifact: first!.artifact, build: first!.build, createdBy: 'apply' });
    expect(second!.configurationDigest).not.toBe(first!.configurationDigest);
    expect(platform.cluster('web').pending?.uid).toBe(second!.uid);
  });

  test.each([
    ['the policy', { environment: { MODE: 'a' }, autoscaling: { maximum: 3 } }],
    ['the concurrency', { environment: { MODE: 'a' }, concurrency: 3 }],
  ])('%s is none', async (_, component) => {
    await platform.apply(shop(component));
    expect(await releases()).toHaveLength(1);
  });

  test('nothing, after a rollback, leaves what runs alone', async () => {
    await platform.apply(shop({ environment: { MODE: 'b' } }));
    const web = platform.cluster('web');
    const [first] = await releases();
    const stored = (await platform.database.releases.get(first!.uid))!;
    web.pending = null;
    web.stable = stored;
    await platform.apply(shop({ environment: { MODE: 'b' } }));
    await platform.apply(shop({ environment: { MODE: 'b' }, concurrency: 3 }));
    expect(await releases()).toHaveLength(2);
    expect(web.pending).toBeNull();
  });
});

describe('is refused by name, before anything is stored:', () => {
  const cases: [string, string, string, string][] = [
    [
      'an unknown cartridge',
      shop({ cartridge: 'cobol' }),
      'spec.components[0].cartridge',
      'there is no cartridge "cobol"; there are node, worker, plain',
    ],
    ['a load balancer', shop({ cartridge: 'lb' }), 'spec.components[0].cartridge', '"lb" is a load balancer'],
    ['the platform’s alias', shop({ alias: 'lb' }), 'spec.components[0].alias', "the platform's own alias"],
    [
      'an unknown policy',
      shop({ autoscaling: 'wild' }),
      'spec.components[0].autoscaling',
      'there is no AutoscalingPolicy "wild"',
    ],
    [
      'an unknown deployment policy',
      shop({ deployment: 'calm' }),
      'spec.components[0].deployment',
      'there is no DeploymentPolicy "calm"',
    ],
    [
      'a host cluster that this control plane does not have',
      document('DeploymentPolicy', 'far', {
        partitions: [
          { name: 'a', hostCluster: 'local' },
          { name: 'b', hostCluster: 'frankfurt' },
        ],
      }),
      'spec.partitions[1].hostCluster',
      'there is no host cluster "frankfurt"',
    ],
    [
      'a factor that nobody registered',
      document('AutoscalingPolicy', 'odd', { factors: { cpu: { target: 70 } } }),
      'spec.factors.cpu',
      'there is no factor "cpu"; there are loadAverage, memory',
    ],
    [
      'a cartridge',
      document('Cartridge', 'mine', { version: '1', category: 'framework', runtimes: ['process'] }),
      '',
      'not supported yet',
    ],
    ['a manifest that is none', 'kind: [', '', 'shop.yaml'],
  ];
  test.each(cases)('%s', async (_, manifests, field, message) => {
    await platform.parts.recorded();
    const before = await stored();
    const refused = platform.apply(policy(5) + manifests, { fileName: 'shop.yaml' });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID', message: expect.stringContaining(message) });
    if (field !== '') await expect(refused).rejects.toMatchObject({ field });
    await platform.parts.recorded();
    expect(await stored()).toEqual(before);
  });

  test('another cartridge on an alias that runs', async () => {
    await platform.apply(SHOP);
    await expect(platform.apply(policy(5) + shop({ cartridge: 'worker' }))).rejects.toMatchObject({
      code: 'INVALID',
      field: 'spec.components[0].cartridge',
      message: expect.stringContaining('web runs on node'),
    });
    expect((await stored()).policies).toBe(0);
  });

  test('a tenant that is not there', async () => {
    await expect(platform.apply(SHOP, { tenant: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('an application that is being deleted', async () => {
    await platform.apply(SHOP);
    const present = platform.parts.fleet.application('acme', 'shop')!;
    platform.parts.fleet.applications.set(present.uid, { ...present, deletingSince: platform.now });
    await expect(platform.apply(policy(5) + SHOP)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('is being deleted'),
    });
    expect((await stored()).policies).toBe(0);
  });

  test.each([
    ['a viewer', { token: 't', name: 'eve', role: 'viewer', tenant: 'acme', application: null }],
    ['a deployer of another tenant', { token: 't', name: 'eve', role: 'deployer', tenant: 'beta', application: null }],
  ] satisfies [string, Principal][])('%s', async (_, principal) => {
    const before = await stored();
    await expect(platform.apply(SHOP, { principal, tenant: 'acme' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await stored()).toEqual(before);
  });
});

test('one application that cannot be kept does not keep the others from a policy’s change', async () => {
  await platform.apply(policy(5) + application('one', [{ alias: 'web', cartridge: 'worker', autoscaling: 'calm' }]));
  await platform.apply(shop({ autoscaling: 'calm' }));
  const worker = (await platform.database.cartridges.find({ name: 'worker' }))[0]!;
  await platform.database.cartridges.delete(worker.uid);
  await expect(platform.apply(policy(7))).rejects.toMatchObject({ code: 'CARTRIDGE_MISSING' });
  expect(platform.cluster('web').plan.effective.policy.maximum).toBe(7);
});
