import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { SourceError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import { application, document } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

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

test('a cartridge that the tenant may not use is refused at its place, and nothing is stored', async () => {
  platform.forbidden.set('acme/node', 'it needs Pod Security baseline');
  await expect(platform.apply(SHOP)).rejects.toThrow('it needs Pod Security baseline');
  expect(await stored()).toMatchObject({ applications: 0, clusters: 0 });
  platform.forbidden.clear();
  expect(await results(SHOP)).toEqual(['Application shop created']);
});

test('an application without a public port for it is refused, and nothing is stored', async () => {
  platform.lastPublicPort = 8001;
  const jobs = application('jobs', [{ alias: 'work', cartridge: 'worker' }]);
  const second = application('second', [{ alias: 'web', cartridge: 'node' }]);
  await expect(platform.apply(SHOP + second)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
  expect(await stored()).toMatchObject({ applications: 0, clusters: 0 });
  expect(await results(SHOP)).toEqual(['Application shop created']);
  await expect(platform.apply(second)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
  // What there is, and what needs none, can be changed and made.
  expect(await results(shop({ concurrency: 5 }) + jobs)).toEqual([
    'Application shop changed',
    'Application jobs created',
  ]);
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
  expect(platform.parts.queries.routes(OPERATOR, platform.cluster('web').record)).toEqual([
    { path: '/', affinity: 'cookie' },
  ]);
});

test('a dry run answers what is stored beside what would be; what is applied is not answered again', async () => {
  const [created] = await platform.apply(shop({ concurrency: 5 }), { dryRun: true });
  expect(created).toMatchObject({
    before: null,
    after: { spec: { components: [{ alias: 'web', concurrency: 5, environment: {} }] } },
  });
  expect(await platform.apply(policy(5) + shop({ concurrency: 5 }))).toMatchObject([
    { before: null, after: null },
    { before: null, after: null },
  ]);
  expect(await platform.apply(policy(6) + shop({ concurrency: 5 }), { dryRun: true })).toMatchObject([
    { result: 'changed', before: { spec: { maximum: 5 } }, after: { spec: { maximum: 6 } } },
    { result: 'unchanged', before: created!.after },
  ]);
});

test('a policy that was stored before a default was made is unchanged by what says the same', async () => {
  const partitions = [{ name: 'a', hostCluster: 'local' }];
  const spread = document('DeploymentPolicy', 'spread', { partitions });
  const manifest = { apiVersion: 'cartwright.dev/v1', kind: 'DeploymentPolicy', metadata: { name: 'spread' } };
  await platform.database.policies.save({
    ...{ uid: '01policy0000000001', tenant: 'acme', name: 'spread', kind: 'DeploymentPolicy', generation: 1 },
    ...{ updatedAt: platform.now, manifest: { ...manifest, spec: { partitions } } },
  });
  expect(await results(spread)).toEqual(['DeploymentPolicy spread unchanged']);
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

test('the nodes of a partition stay; other nodes are another partition', async () => {
  const zoned = (name: string, zone: string) =>
    document('DeploymentPolicy', 'zoned', { partitions: [{ name, hostCluster: 'local', zone }] });
  await platform.apply(zoned('a', 'one'));
  await expect(platform.apply(zoned('a', 'two'))).rejects.toMatchObject({
    code: 'INVALID',
    field: 'spec.partitions[0].name',
    message: expect.stringContaining('expected another name: the nodes of "a" cannot become others'),
  });
  await platform.apply(zoned('b', 'two'));
});

describe('is refused by name, before anything is stored:', () => {
  const cases: [string, string, string, string][] = [
    [
      'an unknown cartridge',
      shop({ cartridge: 'cobol' }),
      'spec.components[0].cartridge',
      'shop.yaml:18:18: spec.components[0].cartridge: expected the name of an installed cartridge, found "cobol"; known here: node, plain, worker',
    ],
    ['a load balancer', shop({ cartridge: 'lb' }), 'spec.components[0].cartridge', '"lb" is a load balancer'],
    ['the platform’s alias', shop({ alias: 'lb' }), 'spec.components[0].alias', "the platform's own"],
    [
      'an unknown policy',
      shop({ autoscaling: 'wild' }),
      'spec.components[0].autoscaling',
      'expected the name of an AutoscalingPolicy of this tenant, found "wild"; apply it first or in the same call',
    ],
    [
      'an unknown deployment policy',
      shop({ deployment: 'calm' }),
      'spec.components[0].deployment',
      'expected the name of a DeploymentPolicy of this tenant, found "calm"',
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
      'expected "local", found "frankfurt"',
    ],
    [
      'a factor that nobody registered',
      document('AutoscalingPolicy', 'odd', { factors: { cpu: { target: 70 } } }),
      'spec.factors.cpu',
      'expected a factor, or a gauge of the application’s own (app-…), found "cpu"; known here: app-…, loadAverage, memory',
    ],
    [
      'a cartridge without an image',
      document('Cartridge', 'mine', { version: '1', category: 'framework', runtimes: ['process'] }),
      'spec.image',
      'expected the image of the cartridge, since one without is installed as a folder beside the control plane',
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
      message: expect.stringContaining(
        'manifest:18:18: spec.components[0].cartridge: expected "node", on which web runs',
      ),
    });
    expect((await stored()).policies).toBe(0);
  });

  test('all that is wrong at once, each with its place', async () => {
    const two = application('shop', [
      { alias: 'web', cartridge: 'nodd', autoscaling: 'clam', deployment: 'far' },
      { alias: 'lb', cartridge: 'worker', autoscaling: { factors: { cpu: { target: 1 }, memori: { target: 1 } } } },
    ]);
    const refused = platform.apply(policy(5) + two, { fileName: 'shop.yaml' });
    const error = await refused.then(() => undefined).catch((thrown: Error) => thrown);
    expect(error?.message.split('\n').map((line) => line.replace(/, found.*; /, ' … '))).toEqual([
      'shop.yaml:18:18: spec.components[0].cartridge: expected the name of an installed cartridge … did you mean "node"?',
      'shop.yaml:19:20: spec.components[0].autoscaling: expected the name of an AutoscalingPolicy of this tenant … did you mean "calm"?',
      'shop.yaml:20:19: spec.components[0].deployment: expected the name of a DeploymentPolicy of this tenant … apply it first or in the same call',
      `shop.yaml:22:14: spec.components[1].alias: expected another alias: "lb" is the platform's own, for the load balancer`,
      'shop.yaml:26:11: spec.components[1].autoscaling.factors.cpu: expected a factor, or a gauge of the application’s own (app-…) … known here: app-…, loadAverage, memory, requestsInFlight, requestsPerSecond',
      'shop.yaml:28:11: spec.components[1].autoscaling.factors.memori: expected a factor, or a gauge of the application’s own (app-…) … did you mean "memory"?',
    ]);
  });

  test('a tenant that is not there', async () => {
    await expect(platform.apply(SHOP, { tenant: 'nobody', fileName: 'shop.yaml' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'shop.yaml:4:1: metadata.tenant: there is no tenant "nobody"',
    });
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

describe('a quota', () => {
  const two = (second: Record<string, unknown>) => application('shop', [{ alias: 'web', cartridge: 'node' }, second]);
  const instances = (count: number) =>
    platform.parts.mutations.setTenantQuota(OPERATOR, { name: 'acme', quota: { instances: count } });
  const manifests = async () => (await platform.database.applications.find({})).map(({ generation }) => generation);

  test('refuses a component more before anything of it is kept', async () => {
    await platform.apply(SHOP);
    await platform.release();
    await platform.pass();
    // One of web and the load balancer's.
    await instances(2);
    await platform.parts.recorded();
    const before = await stored();
    await expect(platform.apply(two({ alias: 'work', cartridge: 'worker' }))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('2 instances are used and 1 more are asked for; 2 are allowed'),
    });
    await platform.parts.recorded();
    expect(await stored()).toEqual(before);
    expect(await manifests()).toEqual([1]);
    expect(aliases()).toEqual(['acme/shop/lb', 'acme/shop/web']);
    await instances(3);
    expect(await results(two({ alias: 'work', cartridge: 'worker' }))).toEqual(['Application shop changed']);
  });

  test('leaves room for a component in another’s place, and for a change that adds nothing', async () => {
    await platform.apply(SHOP);
    await platform.release();
    await platform.pass();
    await instances(2);
    expect(await results(shop({ concurrency: 3 }))).toEqual(['Application shop changed']);
    const other = application('shop', [{ alias: 'other', cartridge: 'node' }]);
    expect(await results(other)).toEqual(['Application shop changed']);
  });
});

describe('a Git source that is new', () => {
  const git = { url: 'https://git.example.org/shop.git', branch: 'mian' };
  const withSource = (changes: object = {}) => shop({ source: { git: { ...git, ...changes } } });
  const apply = async (manifests: string) => (await platform.apply(manifests)).map(({ warnings }) => warnings);
  const asked = () => platform.fetcher.resolved.length;
  beforeEach(() => {
    platform.asksHosts = true;
  });

  test('is asked for as it is applied; what is wrong is a warning at its place, and the manifest is kept', async () => {
    platform.fetcher.failure = new SourceError('GIT_REF_NOT_FOUND', 'there is no branch "mian"');
    expect(await apply(policy(5) + withSource())).toEqual([
      [],
      [
        expect.stringMatching(
          /^manifest:\d+:\d+: spec\.components\[0\]\.source\.git\.branch: there is no branch "mian"; it is asked again$/,
        ),
      ],
    ]);
    expect(await platform.database.applications.find({})).toHaveLength(1);
    platform.fetcher.failure = null;
    expect(await apply(withSource({ branch: 'main' }))).toEqual([[]]);
    const before = asked();
    expect(await apply(withSource({ branch: 'main' }))).toEqual([[]]);
    expect(asked()).toBe(before);
  });

  test('is warned of again to whoever asks again with the same key, and the host is not asked again', async () => {
    platform.fetcher.failure = new SourceError('GIT_REF_NOT_FOUND', 'there is no branch "mian"');
    const question = { scope: 'operator', key: 'apply:once', asked: 'shop' };
    const once = () => platform.parts.idempotent(question, () => platform.apply(withSource()));
    const { result } = await once();
    expect(result[0]!.warnings).toHaveLength(1);
    const before = asked();
    expect((await once()).result).toEqual(result);
    expect(asked()).toBe(before);
  });

  test('whose manifest is refused is not asked for', async () => {
    const refused = withSource().replace('cartridge: node', 'cartridge: nothing');
    await expect(platform.apply(refused)).rejects.toMatchObject({ code: 'INVALID' });
    expect(asked()).toBe(0);
  });

  test('whose host does not answer is told of after a while', async () => {
    platform.fetcher.before = () => new Promise(() => undefined);
    expect(await apply(withSource())).toEqual([
      [expect.stringContaining('git.url: its host has not answered within 5 s')],
    ]);
  }, 15_000);

  test('is asked for in a dry run, too', async () => {
    platform.fetcher.failure = new SourceError('GIT_UNREACHABLE', 'it does not answer');
    const applied = await platform.parts.apply.run(OPERATOR, {
      ...{ manifests: withSource(), tenant: 'acme', dryRun: true },
    });
    expect(applied[0]!.warnings).toHaveLength(1);
    expect(await platform.database.applications.find({})).toEqual([]);
  });
});
