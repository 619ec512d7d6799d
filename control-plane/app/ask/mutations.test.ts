import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RequestError, SourceError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import { Agents } from '../testing/agents.ts';
import { application, document } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

const ANN: Principal = { token: 'token-of-ann', name: 'ann', role: 'deployer', tenant: 'acme', application: null };
const ref = { application: 'shop', alias: 'web' };
const BLOG = { application: 'blog', alias: 'web' };
const FULL = new RequestError('QUOTA_EXCEEDED', 'too many builds wait');
const blog = (url: string) => application('blog', [{ alias: 'web', cartridge: 'node', source: { git: { url } } }]);
let platform: Platform;

beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: 2, maximum: 6 } }]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const mutations = () => platform.parts.mutations;
const scale = (changes: Record<string, unknown>) =>
  mutations().scale(ANN, { ...ref, instances: 3, kind: 'pin', reason: 'sale', ...changes });

describe('scaling', () => {
  test('pins for an hour unless said otherwise, says by whom and why, and is decided on at once', async () => {
    web().lastDecidedAt = platform.now;
    platform.parts.dirty.clear();
    const record = await scale({});
    expect(record.override).toEqual({
      kind: 'pin',
      instances: 3,
      reason: 'sale',
      by: 'ann',
      createdAt: platform.now,
      expiresAt: platform.now + 3_600_000,
    });
    expect(await platform.database.clusters.get(record.uid)).toEqual(record);
    expect(record.generation).toBe(2);
    expect(web().lastDecidedAt).toBe(0);
    expect([...platform.parts.dirty]).toEqual(['acme/shop/web']);
    expect(await platform.events('cluster.override-set')).toMatchObject([
      { cause: 'token-of-ann', data: { by: 'ann', override: { instances: 3 } } },
    ]);
  });

  test.each([
    ['below the policy’s minimum', { instances: 1 }, 'instances'],
    ['above its maximum', { instances: 7 }, 'instances'],
    ['to a part of an instance', { instances: 2.5 }, 'instances'],
    ['for no time', { forSeconds: 0 }, 'forSeconds'],
    ['for more than a week', { forSeconds: 7 * 86_400 + 1 }, 'forSeconds'],
    ['for what is no number', { forSeconds: Number.NaN }, 'forSeconds'],
    ['without a reason', { reason: '  ' }, 'reason'],
  ])('%s is refused', async (_, changes, field) => {
    await expect(scale(changes)).rejects.toMatchObject({ code: 'INVALID', field });
    expect(web().record).toMatchObject({ override: null, generation: 1 });
  });

  test('of a generation that is not the present one is refused', async () => {
    await scale({ expectedGeneration: 1 });
    await expect(scale({ expectedGeneration: 1 })).rejects.toMatchObject({
      code: 'CONFLICT',
      field: 'expectedGeneration',
    });
    await mutations().clearOverride(ANN, { ...ref, expectedGeneration: 2 });
    expect(web().record).toMatchObject({ override: null, generation: 3 });
  });

  test('that the store refuses changes nothing', async () => {
    platform.refuse = (what) => (what === 'transaction' ? new Error('locked') : undefined);
    await expect(scale({})).rejects.toThrow('locked');
    expect(web().record.override).toBeNull();
  });
});

test('pause, resume and shadow are kept with their events', async () => {
  await mutations().pause(ANN, { ...ref, reason: 'migration' });
  expect(web().record.paused).toEqual({ reason: 'migration', by: 'ann', since: platform.now });
  await mutations().resume(ANN, ref);
  await mutations().setShadow(ANN, { ...ref, shadow: true });
  await mutations().setShadow(ANN, { ...ref, shadow: false });
  expect(await platform.database.clusters.get(web().record.uid)).toMatchObject({ paused: null, shadow: false });
  await platform.parts.recorded();
  const events = await platform.database.events.after(0, { subjectUid: web().record.uid }, 100);
  expect(events.map(({ type }) => type)).toEqual([
    'cluster.created',
    'cluster.paused',
    'cluster.resumed',
    'cluster.shadowed',
    'cluster.unshadowed',
  ]);
});

describe('a service cluster that went while one waited for its turn', () => {
  test('is not written back into the store', async () => {
    const cluster = web();
    const leaving = cluster.serial.run(async () => {
      cluster.record = { ...cluster.record, deletingSince: platform.now };
      await platform.parts.removal.cluster(cluster);
    });
    await expect(scale({})).rejects.toMatchObject({ code: 'CONFLICT' });
    await leaving;
    expect(await platform.database.clusters.get(cluster.record.uid)).toBeUndefined();
  });
});

describe('deleting an application', () => {
  test('marks it and all its service clusters, and may be asked again', async () => {
    const first = await mutations().deleteApplication(ANN, { name: 'shop' });
    expect(first.deletingSince).toBe(platform.now);
    for (const alias of ['web', 'lb']) expect(platform.cluster(alias).record.deletingSince).toBe(platform.now);
    platform.now += 1000;
    expect(await mutations().deleteApplication(ANN, { name: 'shop' })).toEqual(first);
    expect(await platform.events('application.deleting')).toHaveLength(1);
    await platform.pass();
    expect(platform.parts.fleet.application('acme', 'shop')).toBeUndefined();
    expect(await platform.database.applications.find({})).toEqual([]);
    expect(await platform.events('application.deleted')).toHaveLength(1);
    await expect(mutations().deleteApplication(ANN, { name: 'shop' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of which another generation was read is refused', async () => {
    await expect(mutations().deleteApplication(ANN, { name: 'shop', expectedGeneration: 7 })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(web().record.deletingSince).toBeNull();
  });

  test('that has no service cluster removes it at once', async () => {
    const [record] = await platform.database.applications.find({ name: 'shop' });
    const empty = { ...record!, uid: 'empty', name: 'empty' };
    await platform.database.applications.save(empty);
    platform.parts.fleet.applications.set(empty.uid, empty);
    await mutations().deleteApplication(ANN, { name: 'empty' });
    expect(await platform.database.applications.get('empty')).toBeUndefined();
  });

  test('while its log cannot be removed is tried again with the next pass', async () => {
    const { remove } = platform.logs;
    platform.logs.remove = async () => {
      throw new Error('busy');
    };
    await mutations().deleteApplication(ANN, { name: 'shop' });
    await expect(platform.pass()).rejects.toThrow('busy');
    platform.logs.remove = remove;
    await platform.pass();
    expect(await platform.database.applications.find({})).toEqual([]);
  });
});

describe('deleting a policy', () => {
  const CALM = document('AutoscalingPolicy', 'calm', { maximum: 5 });
  const HERE = document('DeploymentPolicy', 'calm', { partitions: [{ name: 'a', hostCluster: 'local' }] });

  test('that is used is refused with its users; of the same name and another kind it is not that policy', async () => {
    await platform.apply(CALM + HERE + application('blog', [{ alias: 'web', cartridge: 'node', deployment: 'calm' }]));
    await expect(mutations().deletePolicy(ANN, { kind: 'DeploymentPolicy', name: 'calm' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('acme/blog/web'),
    });
    await mutations().deletePolicy(ANN, { kind: 'AutoscalingPolicy', name: 'calm' });
    expect((await platform.database.policies.find({})).map(({ kind }) => kind)).toEqual(['DeploymentPolicy']);
  });

  test('waits for an apply under way, which may be about to use it', async () => {
    await platform.apply(CALM);
    const applying = platform.apply(application('blog', [{ alias: 'web', cartridge: 'node', autoscaling: 'calm' }]));
    await expect(mutations().deletePolicy(ANN, { kind: 'AutoscalingPolicy', name: 'calm' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await applying;
  });
});

describe('deploying', () => {
  test.each([
    ['to the load balancer', { alias: 'lb' }, 'INVALID'],
    ['an upload that is not there', { uploadDigest: `sha256-${'0'.repeat(64)}` }, 'NOT_FOUND'],
    ['without a source', {}, 'INVALID'],
  ])('%s is refused', async (_, changes, code) => {
    await expect(mutations().deploy(ANN, { ...ref, ...changes })).rejects.toMatchObject({ code });
    expect(await platform.database.builds.find({})).toEqual([]);
  });

  test('with manifests applies them and builds their source', async () => {
    const { source } = await mutations().deploy(ANN, { ...BLOG, manifests: { manifests: blog('https://git/blog') } });
    expect(source.origin).toMatchObject({ kind: 'git', url: 'https://git/blog' });
    expect(platform.cluster('web', 'blog').record.uid).toBe(source.cluster);
  });

  describe.each([
    [
      'the host does not answer',
      () => (platform.fetcher.failure = new SourceError('GIT_UNREACHABLE', 'no repository')),
    ],
    ['the builds that wait are too many', () => (platform.parts.pipeline.check = () => Promise.reject(FULL))],
  ])('where %s', (_, refuse) => {
    test('nothing is left of a first deployment', async () => {
      refuse();
      const before = [await platform.database.clusters.find({}), await platform.database.events.last()];
      await expect(
        mutations().deploy(ANN, { ...BLOG, manifests: { manifests: blog('https://git/blog') } }),
      ).rejects.toMatchObject({ code: expect.stringMatching(/GIT_UNREACHABLE|QUOTA_EXCEEDED/) });
      expect(await platform.database.applications.find({ name: 'blog' })).toEqual([]);
      expect([await platform.database.clusters.find({}), await platform.database.events.last()]).toEqual(before);
    });

    test('an application that is there stays as it is', async () => {
      await platform.apply(blog('https://git/old'));
      const before = await platform.database.applications.find({ name: 'blog' });
      refuse();
      await expect(
        mutations().deploy(ANN, { ...BLOG, manifests: { manifests: blog('https://git/new') } }),
      ).rejects.toMatchObject({ code: expect.any(String) });
      expect(await platform.database.applications.find({ name: 'blog' })).toEqual(before);
      expect(platform.cluster('web', 'blog').plan.component?.source?.git.url).toBe('https://git/old');
    });
  });

  test('manifests of another application are refused, and not applied', async () => {
    const manifests = { manifests: application('else', [{ alias: 'web', cartridge: 'node' }]) };
    await expect(mutations().deploy(ANN, { ...BLOG, manifests })).rejects.toMatchObject({
      code: 'INVALID',
      field: 'manifests',
    });
    expect(await platform.database.applications.find({ name: 'else' })).toEqual([]);
  });

  test('with manifests is answered with its build to a key, whenever it is asked again', async () => {
    const question = { scope: 'ann', key: 'deploy:once', asked: 'blog' };
    const deploy = () =>
      platform.parts.idempotent(question, () =>
        mutations().deploy(ANN, { ...BLOG, manifests: { manifests: blog('https://git/blog') } }),
      );
    const { result } = await deploy();
    await platform.start();
    expect((await deploy()).result.build.uid).toBe(result.build.uid);
  });

  test('to what is being deleted is refused', async () => {
    await mutations().deleteApplication(ANN, { name: 'shop' });
    await expect(mutations().deploy(ANN, ref)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('rolling back', () => {
  test('begins a roll-out of the earlier release', async () => {
    const first = await platform.release('web', 'a');
    await platform.pass();
    web().rollout = null;
    await platform.release('web', 'b');
    const second = web().pending!;
    web().stable = second;
    web().record = { ...web().record, stableRelease: second.uid };
    web().pending = null;
    expect(await mutations().rollback(ANN, { ...ref, releaseNumber: 1 })).toMatchObject({
      from: second.uid,
      to: first,
      state: 'running',
    });
  });

  test('to what runs already, or is not there, is refused', async () => {
    await platform.release('web', 'a');
    await platform.pass();
    web().rollout = null;
    await expect(mutations().rollback(ANN, { ...ref, releaseNumber: 1 })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(mutations().rollback(ANN, { ...ref, releaseNumber: 9 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'releaseNumber',
    });
  });
});

test('an instance is told to restart its application; one that has ended is not', async () => {
  const agents = new Agents(platform);
  await platform.release();
  for (let step = 0; step < 6; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1000;
  }
  const [instance] = web().live();
  await mutations().restartInstance(ANN, instance!.record.uid);
  expect(platform.messaging.published.at(-1)).toMatch(new RegExp(`${instance!.record.uid}/command$`));
  platform.parts.journal.update(web(), instance!, { state: 'terminated', terminatedAt: platform.now });
  await expect(mutations().restartInstance(ANN, instance!.record.uid)).rejects.toMatchObject({ code: 'CONFLICT' });
});
