import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

const HOUR = 3600_000;
let platform: Platform;
let agents: Agents;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
});
afterEach(() => platform[Symbol.asyncDispose]());

const urlOf = (name: string) => `https://git/${name}`;
const collect = () => platform.parts.collector.run();

/** A commit is built and rolled out. */
async function deploy(name: string, commit: string): Promise<void> {
  platform.fetcher.refs.set(`${urlOf(name)}#main`, commit.repeat(40));
  const manifests = application(name, [{ alias: 'web', cartridge: 'node', source: { git: { url: urlOf(name) } } }]);
  const { build } = await platform.parts.mutations.deploy(OPERATOR, {
    tenant: 'acme',
    application: name,
    alias: 'web',
    manifests: { manifests },
  });
  await eventually('the build', async () => (await platform.database.builds.get(build.uid))?.state === 'succeeded');
  platform.fetcher.kept = [...new Set([...platform.fetcher.kept, `acme ${urlOf(name)}`])];
  const cluster = platform.cluster('web', name);
  const cache = platform.buildFolders.cache(cluster.record.uid);
  await mkdir(cache, { recursive: true });
  await writeFile(join(cache, 'package'), 'x'.repeat(500));
  await goOn(() => cluster.rollout === null && cluster.pending === null && cluster.stable !== null);
}

async function goOn(condition: () => boolean): Promise<void> {
  for (let step = 0; !condition(); step += 1) {
    if (step > 60) throw new Error('did not come about');
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
}

async function remove(name: string): Promise<void> {
  await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name });
  await goOn(() => platform.parts.fleet.application('acme', name) === undefined);
}

/** Everything on the disk is older than what a collection leaves alone. */
async function letTimePass(): Promise<void> {
  for (const folder of ['artifacts', 'build-logs'])
    for (const name of await readdir(platform.path(folder)))
      if (name !== 'incoming') await utimes(platform.path(folder, name), 1000, 1000);
  platform.now += HOUR;
}

async function onDisk(): Promise<Record<string, number>> {
  const archives = (await platform.artifacts.list()).length;
  const logs = (await platform.buildLogs.list()).length;
  const caches = (await platform.buildFolders.caches()).length;
  return { archives, logs, caches, mirrors: platform.fetcher.kept.length };
}

test('after an application was deleted nothing of it is left but what happened', async () => {
  await deploy('shop', 'a');
  await deploy('blog', 'b');
  await remove('shop');
  await letTimePass();
  expect(await onDisk()).toEqual({ archives: 2, logs: 2, caches: 2, mirrors: 2 });
  const collected = await collect();
  expect(collected).toMatchObject({
    records: { releases: 2, builds: 1, sources: 1, artifacts: 1 },
    files: { archives: { count: 1 }, logs: { count: 1 }, caches: { count: 1, bytes: 500 }, mirrors: { count: 1 } },
  });
  expect(await onDisk()).toEqual({ archives: 1, logs: 1, caches: 1, mirrors: 1 });
  const { database } = platform;
  const blog = platform.parts.fleet.application('acme', 'blog')!;
  const clusters = platform.parts.fleet.clustersOf(blog.uid).map(({ record }) => record.uid);
  for (const kind of ['releases', 'rollouts', 'builds', 'sources'] as const)
    for (const { cluster } of await database[kind].find({})) expect(clusters).toContain(cluster);
  expect((await platform.events('application.deleted')).map(({ application: name }) => name)).toEqual(['shop']);
  expect(await platform.events('storage.collected')).toMatchObject([
    { tenant: null, data: { removed: { archives: 1, builds: 1 }, bytes: expect.any(Number) } },
  ]);
});

test('what runs, and what is just being made, is left; where nothing goes nothing is told', async () => {
  await deploy('shop', 'a');
  await letTimePass();
  const { digest } = await platform.artifacts.receive(Readable.from([Buffer.from([0x1f, 0x8b, 8])]), 100);
  const at = platform.now / 1000 - 60;
  await utimes((await platform.artifacts.path(digest))!, at, at);
  await collect();
  expect(await onDisk()).toEqual({ archives: 2, logs: 1, caches: 1, mirrors: 1 });
  expect(await platform.events('storage.collected')).toEqual([]);
  await deploy('shop', 'b');
  await letTimePass();
  await collect();
  expect(await onDisk()).toEqual({ archives: 2, logs: 2, caches: 1, mirrors: 1 });
  await platform.parts.mutations.rollback(OPERATOR, {
    tenant: 'acme',
    application: 'shop',
    alias: 'web',
    releaseNumber: 1,
  });
  const shop = platform.cluster('web');
  await goOn(() => shop.rollout === null && shop.record.candidateRelease === null);
  expect(shop.stable?.number).toBe(1);
  expect(await platform.artifacts.path(shop.stable!.artifact!)).toBeDefined();
});

test('an artifact that is stored again while it is being removed stays', async () => {
  await deploy('shop', 'a');
  const [artifact] = await platform.database.artifacts.find({});
  await remove('shop');
  await letTimePass();
  let isStoredAgain = false;
  platform.refuse = (what) => {
    if (what !== 'transaction' || isStoredAgain) return undefined;
    isStoredAgain = true;
    // As a build does that makes the same tree, in the moment between the reading and the removal.
    void platform.database.artifacts.save({ ...artifact!, createdAt: platform.now });
    void utimes(platform.path('artifacts', `${artifact!.uid}.tar.gz`), platform.now / 1000, platform.now / 1000);
    return undefined;
  };
  await collect();
  expect(isStoredAgain).toBe(true);
  expect(await platform.database.artifacts.get(artifact!.uid)).toBeDefined();
  expect(await platform.artifacts.path(artifact!.uid)).toBeDefined();
});

test('killed at every step, the next collection ends it, and what runs has lost nothing', async () => {
  await deploy('blog', 'f');
  for (let round = 0; ; round += 1) {
    await deploy('shop', 'abcde'[round % 5]!);
    await remove('shop');
    await letTimePass();
    const killed = platform.crash.after(round).then(() => 'killed');
    const outcome = await Promise.race([killed, collect().then(() => 'over')]);
    platform.crash.never();
    if (outcome === 'killed') {
      await platform.start();
      agents.reconnect();
      // No record that is left names what is gone.
      const artifacts = new Set((await platform.database.artifacts.find({})).map(({ uid }) => uid));
      for (const uid of artifacts) expect(await platform.artifacts.path(uid)).toBeDefined();
      await collect();
    }
    expect(await onDisk()).toEqual({ archives: 1, logs: 1, caches: 1, mirrors: 1 });
    const blog = platform.cluster('web', 'blog');
    expect(await platform.artifacts.path(blog.stable!.artifact!)).toBeDefined();
    expect(await platform.database.artifacts.get(blog.stable!.artifact!)).toBeDefined();
    if (outcome === 'over') {
      expect(round).toBeGreaterThan(5);
      break;
    }
  }
}, 60_000);

test('it comes soon after the start, on and on, and after a deletion; not after the end', async () => {
  const { collector } = platform.parts;
  collector.start();
  expect(platform.collections.map(({ milliseconds }) => milliseconds)).toEqual([30_000, 600_000]);
  await deploy('shop', 'a');
  await remove('shop');
  await letTimePass();
  const [soon, later, ...others] = platform.collections.slice(2);
  expect([soon?.milliseconds, later?.milliseconds, others]).toEqual([5000, 305_000, []]);
  soon!.task();
  await collector.close();
  expect(await onDisk()).toEqual({ archives: 0, logs: 0, caches: 0, mirrors: 0 });
  later!.task();
  collector.soon();
  expect(platform.collections).toHaveLength(4);
});

test('build caches that are too large together go by their last build, the one in use stays', async () => {
  await deploy('shop', 'a');
  platform.now += HOUR;
  await deploy('blog', 'b');
  platform.now += HOUR;
  await deploy('wiki', 'c');
  Object.assign(platform.cacheBounds, { total: 1200 });
  expect(await collect()).toMatchObject({ files: { caches: { count: 1, bytes: 500 } } });
  const left = (await platform.buildFolders.caches()).map(({ name }) => name);
  expect(left.sort()).toEqual(['blog', 'wiki'].map((name) => platform.cluster('web', name).record.uid).sort());
  Object.assign(platform.cacheBounds, { component: 499 });
  expect(await collect()).toMatchObject({ files: { caches: { count: 2, bytes: 1000 } } });
});
