import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually.ts';
import { BuildError, StoreUnavailable } from '../errors.ts';
import type { SourceRecord } from '../records/sources.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const commit = (digit: string, directory?: string): SourceRecord['origin'] => ({
  kind: 'git',
  url: 'https://git.example.org/shop.git',
  ref: 'main',
  commit: digit.repeat(40),
  message: 'a commit',
  author: 'Ann',
  ...(directory === undefined ? {} : { directory }),
});
const submit = (digit: string) => platform.parts.pipeline.submit(web(), commit(digit));
const builds = () => platform.database.builds.find({ cluster: web().record.uid });
const releases = () => platform.database.releases.find({ cluster: web().record.uid });
const ended = (uid: string) =>
  eventually(`the end of build ${uid}`, async () => {
    const build = await platform.database.builds.get(uid);
    return (build?.state === 'succeeded' || build?.state === 'failed') && build;
  });
/** Builds that go on until they are let go, each by the digit of its commit. */
function held(): { begun: string[]; end: (digit: string) => void } {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  platform.builder.work = async ({ build }, _line, signal) => {
    const source = (await platform.database.builds.get(build))!.source;
    const origin = (await platform.database.sources.get(source))!.origin;
    const digit = origin.kind === 'git' ? origin.commit[0]! : '?';
    begun.push(digit);
    await new Promise<void>((resolve, reject) => {
      ends.set(digit, resolve);
      signal.addEventListener('abort', () => reject(new BuildError('BUILD_CANCELLED', 'closing')));
    });
  };
  return { begun, end: (digit) => ends.get(digit)?.() };
}

test('a source becomes a build, an artifact and a release, each naming what it came from', async () => {
  platform.builder.work = async ({ directory }, line) => {
    line('installing');
    await writeFile(join(directory, 'made'), 'x');
  };
  const { source, build } = await submit('a');
  expect(build.state).toBe('queued');
  const done = await ended(build.uid);
  const [release] = await releases();
  expect(release).toMatchObject({
    number: 1,
    state: 'candidate',
    artifact: done.artifact,
    source: source.uid,
    build: build.uid,
    createdBy: 'Ann',
    cartridge: { name: 'node', version: '1.0.0' },
  });
  expect(web().pending?.uid).toBe(release!.uid);
  expect(await platform.artifacts.path(done.artifact!)).toBeDefined();
  expect(await platform.buildLogs.read(build.uid)).toEqual([
    `fetching main at ${'a'.repeat(12)} of https://git.example.org/shop.git`,
    'installing',
  ]);
  expect(await readdir(platform.path('builds', 'scratch'))).toEqual([]);
});

test('the folder of the repository that the source names is what is built', async () => {
  const { build } = await platform.parts.pipeline.submit(web(), commit('a', 'services/web'));
  await ended(build.uid);
  expect(platform.fetcher.checkedOut).toMatchObject([{ directory: 'services/web' }]);
});

test('a build that fails leaves the release that runs alone, and says why', async () => {
  await platform.release();
  await platform.pass();
  const running = web().stable;
  platform.builder.work = async () => {
    throw new BuildError('BUILD_FAILED', 'npm ci ended with code 1');
  };
  const { build } = await submit('b');
  expect(await ended(build.uid)).toMatchObject({
    state: 'failed',
    error: { code: 'BUILD_FAILED', message: 'npm ci ended with code 1' },
    artifact: null,
  });
  expect(web().stable).toBe(running);
  expect(web().pending).toBeNull();
  expect(await releases()).toHaveLength(1);
  expect((await platform.buildLogs.read(build.uid)).at(-1)).toBe('BUILD_FAILED: npm ci ended with code 1');
  expect(await platform.events('build.failed')).toHaveLength(1);
});

test.each([
  ['BUILD_FAILED', Object.assign(new Error("EACCES: '/var/lib/cartwright/builds'"), { code: 'EACCES' })],
  ['DATABASE_LOCKED', new StoreUnavailable('DATABASE_LOCKED', '/var/lib/cartwright/cartwright.db is locked')],
])('a build that fails for a reason of the platform’s own (%s) says nothing of its inside', async (code, error) => {
  platform.builder.work = async () => {
    throw error;
  };
  const { build } = await submit('b');
  expect(await ended(build.uid)).toMatchObject({ state: 'failed', error: { code } });
  const told = [
    await ended(build.uid),
    await platform.events('build.failed'),
    await platform.buildLogs.read(build.uid),
  ];
  expect(JSON.stringify(told)).not.toContain('/var/lib');
  expect(JSON.stringify(told)).toContain(`more under ${build.uid}`);
});

test('builds of one service cluster run in their order, so that the newest source is the newest release', async () => {
  const { begun, end } = held();
  const first = await submit('a');
  const second = await submit('b');
  await eventually('the first', () => begun.length === 1);
  expect(begun).toEqual(['a']);
  end('a');
  await eventually('the second', () => begun.length === 2);
  end('b');
  await ended(second.build.uid);
  expect((await releases()).map(({ build }) => build)).toEqual([first.build.uid, second.build.uid]);
});

describe('the newest source asked for again', () => {
  test('while its build is queued or running is that build', async () => {
    const { begun, end } = held();
    const [first, again] = await Promise.all([submit('a'), submit('a')]);
    expect(again).toEqual(first);
    await eventually('it runs', () => begun.length === 1);
    expect((await submit('a')).build.uid).toBe(first.build.uid);
    expect(await builds()).toHaveLength(1);
    end('a');
    await ended(first.build.uid);
  });

  test('once it is built is built again, for somebody asked for it', async () => {
    const first = await submit('a');
    await ended(first.build.uid);
    const second = await submit('a');
    expect(second.build.uid).not.toBe(first.build.uid);
    await ended(second.build.uid);
  });

  test('behind another one is built again, so that the last wish is the newest release', async () => {
    const { begun, end } = held();
    await submit('a');
    await submit('b');
    const last = await submit('a');
    expect(await builds()).toHaveLength(3);
    for (const [index, digit] of ['a', 'b', 'a'].entries()) {
      await eventually(`build ${index}`, () => begun.length === index + 1);
      await eventually('it is held', () => (end(digit), begun.length > index + 1 || index === 2));
    }
    end('a');
    await ended(last.build.uid);
    expect((await releases()).at(-1)?.build).toBe(last.build.uid);
  });

  test('with another environment for its hook is built again', async () => {
    const { begun, end } = held();
    const first = await submit('a');
    await eventually('it runs', () => begun.length === 1);
    const { plan } = web();
    web().plan = { ...plan, spec: { ...plan.spec, environment: { MODE: 'other' } } };
    const second = await submit('a');
    expect(second.build.uid).not.toBe(first.build.uid);
    await eventually('the first ends', () => (end('a'), begun.length === 2));
    await eventually('the second ends', async () => {
      end('a');
      return (await platform.database.builds.get(second.build.uid))?.state === 'succeeded';
    });
  });
});

describe('an upload', () => {
  test('is built from its archive', async () => {
    const tree = platform.path('tree');
    const { mkdir } = await import('node:fs/promises');
    await mkdir(tree);
    await writeFile(join(tree, 'index.js'), 'x');
    const { digest, bytes } = await platform.artifacts.pack(tree);
    let files: string[] = [];
    platform.builder.work = async ({ directory }) => void (files = await readdir(directory));
    const { build } = await platform.parts.pipeline.submit(web(), { kind: 'upload', digest, bytes, by: 'ann' });
    expect(await ended(build.uid)).toMatchObject({ state: 'succeeded', artifact: digest });
    expect(files).toEqual(['index.js']);
  });

  test('that is not there any more fails the build', async () => {
    const digest = `sha256-${'f'.repeat(64)}`;
    const { build } = await platform.parts.pipeline.submit(web(), { kind: 'upload', digest, bytes: 1, by: 'ann' });
    expect(await ended(build.uid)).toMatchObject({ state: 'failed', error: { code: 'ARTIFACT_NOT_FOUND' } });
  });
});

test('killed at every step, the build is run again and its release made once', async () => {
  let kills = 0;
  for (let round = 0; ; round += 1) {
    const { uid } = web().record;
    const killed = platform.crash.after(round).then(() => null);
    const submitted = submit('abcdef0123456789'[round]!).then(({ build }) => ended(build.uid));
    const outcome = await Promise.race([killed, submitted]);
    platform.crash.never();
    if (outcome === null) {
      kills += 1;
      await platform.start();
    }
    for (const { uid: build } of await builds()) await ended(build);
    const made = (await platform.database.builds.find({ cluster: uid })).map((build) => build.uid);
    expect((await releases()).map(({ build }) => build)).toEqual(made);
    expect((await builds()).filter(({ state }) => state !== 'succeeded')).toEqual([]);
    if (outcome !== null) break;
  }
  expect(kills).toBeGreaterThan(3);
}, 30_000);

test('closing ends the builds under way and does not wait for those in the queue; the next start runs them', async () => {
  const { begun } = held();
  await platform.apply(application('blog', [{ alias: 'web', cartridge: 'node' }]));
  await platform.apply(application('wiki', [{ alias: 'web', cartridge: 'node' }]));
  for (const name of ['shop', 'blog', 'wiki'])
    await platform.parts.pipeline.submit(platform.cluster('web', name), commit(name[0] === 's' ? 'a' : 'b'));
  await submit('c');
  await eventually('two at once', () => begun.length === 2);
  await platform.parts.pipeline.close();
  expect(begun).toHaveLength(2);
  const states = (await platform.database.builds.find({})).map(({ state }) => state).sort();
  expect(states).toEqual(['queued', 'queued', 'running', 'running']);
  platform.builder.work = async () => undefined;
  await platform.start();
  await eventually('all are built', async () =>
    (await platform.database.builds.find({})).every(({ state }) => state === 'succeeded'),
  );
});

test('a build whose service cluster is gone is cancelled, not left waiting for ever', async () => {
  const { begun, end } = held();
  const first = await submit('a');
  const second = await submit('b');
  await eventually('the first', () => begun.length === 1);
  const cluster = web();
  cluster.record = { ...cluster.record, deletingSince: platform.now };
  platform.parts.fleet.removeCluster(cluster);
  end('a');
  for (const { build } of [first, second])
    expect(await ended(build.uid)).toMatchObject({ state: 'failed', error: { code: 'BUILD_CANCELLED' } });
  expect(await platform.database.releases.find({ cluster: cluster.record.uid })).toEqual([]);
});
