import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { SourceError } from '../errors.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';

const URL = 'https://git.example.org/shop.git';
let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
  platform.fetcher.refs.set(`${URL}#main`, 'a'.repeat(40));
});
afterEach(() => platform[Symbol.asyncDispose]());

const deploy = () => platform.parts.mutations.deploy(OPERATOR, { tenant: 'acme', application: 'shop', alias: 'web' });
const web = () => platform.cluster('web');
const apply = (git: Record<string, unknown> = {}) =>
  platform.apply(application('shop', [{ alias: 'web', cartridge: 'node', source: { git: { url: URL, ...git } } }]));
const sources = () => platform.database.sources.find({ cluster: web().record.uid });
const asked = () => platform.fetcher.resolved.length;
/** Until the poller has asked once more, and has drawn its conclusions. */
async function anotherAsk(): Promise<void> {
  const before = asked();
  platform.now += 10_001;
  await eventually('the next ask', () => asked() > before);
  await platform.parts.poller.close();
  platform.parts.poller.start();
}
const builtAll = () =>
  eventually('the builds', async () =>
    (await platform.database.builds.find({})).every(({ state }) => state === 'succeeded'),
  );

test('a commit is built when it appears, and not again while it stays', async () => {
  await apply();
  platform.parts.poller.start();
  await eventually('the first source', async () => (await sources()).length === 1);
  await anotherAsk();
  expect(await sources()).toMatchObject([{ origin: { commit: 'a'.repeat(40), ref: 'main', author: 'Ann' } }]);
  platform.fetcher.refs.set(`${URL}#main`, 'b'.repeat(40));
  await anotherAsk();
  expect((await sources()).map(({ origin }) => 'commit' in origin && origin.commit[0])).toEqual(['a', 'b']);
  await builtAll();
});

test('what a deploy asked for while the host was answering is not built once more', async () => {
  let answer = (): void => undefined;
  platform.fetcher.before = () => new Promise((resolve) => (answer = resolve));
  await apply();
  platform.parts.poller.start();
  await eventually('the ask', () => asked() === 1);
  const answerPoller = answer;
  const deploying = deploy();
  await eventually('the deploy asks', () => asked() === 2);
  answer();
  const { build } = await deploying;
  await builtAll();
  answerPoller();
  await platform.parts.poller.close();
  expect(await platform.database.builds.find({})).toMatchObject([{ uid: build.uid }]);
});

test('another branch, another repository or another folder of it is another source', async () => {
  await apply();
  platform.parts.poller.start();
  await eventually('the first source', async () => (await sources()).length === 1);
  await apply({ directory: 'services/web' });
  await anotherAsk();
  expect((await sources()).at(-1)?.origin).toMatchObject({ directory: 'services/web' });
  platform.fetcher.refs.set(`${URL}#next`, 'c'.repeat(40));
  await apply({ directory: 'services/web', branch: 'next' });
  await anotherAsk();
  expect((await sources()).at(-1)?.origin).toMatchObject({ ref: 'next', commit: 'c'.repeat(40) });
  expect(await sources()).toHaveLength(3);
  await builtAll();
});

test('a tree that was uploaded stays until the branch moves', async () => {
  await apply();
  platform.parts.poller.start();
  await eventually('the first source', async () => (await sources()).length === 1);
  await builtAll();
  const [build] = await platform.database.builds.find({});
  const digest = build!.artifact!;
  await platform.parts.pipeline.submit(web(), { kind: 'upload', digest, bytes: 1, by: 'ann' });
  await anotherAsk();
  expect(await sources()).toHaveLength(2);
  platform.fetcher.refs.set(`${URL}#main`, 'b'.repeat(40));
  await anotherAsk();
  expect(await sources()).toHaveLength(3);
  await builtAll();
});

test('a host that does not answer is asked once at a time', async () => {
  const answers: (() => void)[] = [];
  platform.fetcher.before = () => new Promise((resolve) => answers.push(resolve));
  await apply();
  platform.parts.poller.start();
  await eventually('the ask', () => asked() === 1);
  const other = application('blog', [{ alias: 'web', cartridge: 'node', source: { git: { url: `${URL}2` } } }]);
  await platform.apply(other);
  platform.now += 60_000;
  // The other one is asked meanwhile: a slow host delays nobody else.
  await eventually('the other', () => asked() === 2);
  platform.now += 60_000;
  expect(platform.fetcher.resolved.map(({ url }) => url)).toEqual([URL, `${URL}2`]);
  for (const answer of answers) answer();
  await platform.parts.poller.close();
  await builtAll();
});

test('an error is told once, and again when it is another or after it was well', async () => {
  await apply();
  platform.parts.poller.start();
  platform.fetcher.failure = new SourceError('GIT_UNREACHABLE', 'no route');
  await eventually('the first ask', () => asked() === 1);
  await anotherAsk();
  await anotherAsk();
  expect(await platform.events('source.unreadable')).toMatchObject([{ data: { message: 'no route' } }]);
  platform.fetcher.failure = new SourceError('GIT_REF_NOT_FOUND', 'no branch main');
  await anotherAsk();
  platform.fetcher.failure = null;
  await anotherAsk();
  platform.fetcher.failure = new SourceError('GIT_REF_NOT_FOUND', 'no branch main');
  await anotherAsk();
  expect((await platform.events('source.unreadable')).map(({ data }) => data.message)).toEqual([
    'no route',
    'no branch main',
    'no branch main',
  ]);
  await builtAll();
});

describe('a source that cannot be read', () => {
  const found = () => platform.parts.queries.gitSource(OPERATOR, web().record);
  const GONE = new SourceError('GIT_REF_NOT_FOUND', 'no branch main');

  test('is a state since the first failure, whatever the reason, until a check succeeds', async () => {
    await apply();
    expect(found()).toEqual({ url: URL, update: 'automatic', lastCheckedAt: null, problem: null });
    platform.fetcher.failure = new SourceError('GIT_UNREACHABLE', 'no route');
    platform.parts.poller.start();
    await eventually('the first ask', () => asked() === 1);
    const since = platform.now;
    await eventually('it is told', () => found()?.problem !== null);
    expect(found()).toMatchObject({ lastCheckedAt: since, problem: { code: 'GIT_UNREACHABLE', since } });
    platform.fetcher.failure = GONE;
    await anotherAsk();
    expect(found()).toMatchObject({
      lastCheckedAt: platform.now,
      problem: { code: 'GIT_REF_NOT_FOUND', message: 'no branch main', since },
    });
    expect(await platform.events('source.readable')).toEqual([]);
    platform.fetcher.failure = null;
    await anotherAsk();
    expect(found()).toMatchObject({ lastCheckedAt: platform.now, problem: null });
    await anotherAsk();
    expect(await platform.events('source.readable')).toMatchObject([{ subject: { uid: web().record.uid } }]);
    await builtAll();
  });

  test('is one since the same moment after a restart, and told no second time', async () => {
    await apply();
    platform.fetcher.failure = GONE;
    platform.parts.poller.start();
    await eventually('it is told', () => found()?.problem !== null && found());
    const since = found()!.problem!.since;
    await eventually('the event', async () => (await platform.events('source.unreadable')).length === 1);
    await platform.parts.poller.close();
    await platform.start();
    let answer = (): void => undefined;
    platform.fetcher.before = () => new Promise((resolve) => (answer = resolve));
    const before = asked();
    platform.now += 5000;
    platform.parts.poller.start();
    await eventually('the ask', () => asked() > before);
    // The host has not answered yet.
    expect(found()).toEqual({
      ...{ url: URL, update: 'automatic', lastCheckedAt: null },
      problem: { code: 'GIT_REF_NOT_FOUND', message: 'no branch main', since },
    });
    answer();
    await platform.parts.poller.close();
    expect(found()).toMatchObject({ lastCheckedAt: platform.now, problem: { since } });
    expect(await platform.events('source.unreadable')).toHaveLength(1);
  });

  test('is another one with another branch, which is asked for at once', async () => {
    await apply({ branch: 'gone' });
    platform.parts.poller.start();
    platform.fetcher.failure = GONE;
    await eventually('it is told', () => found()?.problem !== null);
    platform.fetcher.failure = null;
    await apply({ branch: 'main' });
    await eventually('the other branch is asked for', () => found()?.lastCheckedAt === platform.now);
    expect(found()).toMatchObject({ problem: null });
    await platform.parts.poller.close();
    await builtAll();
  });

  test('is told by a deploy that wanted its commit, too', async () => {
    await apply({ update: 'manual' });
    platform.fetcher.failure = GONE;
    await expect(deploy()).rejects.toMatchObject({ code: 'GIT_REF_NOT_FOUND' });
    expect(found()?.problem).toMatchObject({ code: 'GIT_REF_NOT_FOUND' });
    platform.fetcher.failure = null;
    await deploy();
    expect(found()?.problem).toBeNull();
    await builtAll();
  });

  test('for a reason of the platform’s own says nothing of its inside', async () => {
    await apply();
    platform.fetcher.failure = new Error('EACCES: /var/lib/cartwright/git');
    platform.parts.poller.start();
    await eventually('it is told', () => found()?.problem !== null);
    expect(found()?.problem).toMatchObject({ code: 'INTERNAL' });
    expect(JSON.stringify([found(), await platform.events('source.unreadable')])).not.toContain('EACCES');
  });
});

test('a source with manual update is built once, and then when it is asked for', async () => {
  await apply({ update: 'manual' });
  platform.parts.poller.start();
  await eventually('the first source', async () => (await sources()).length === 1);
  await platform.parts.poller.close();
  const before = asked();
  platform.fetcher.refs.set(`${URL}#main`, 'b'.repeat(40));
  platform.parts.poller.start();
  platform.now += 60_000;
  await deploy();
  expect(asked()).toBe(before + 1);
  expect(await sources()).toHaveLength(2);
  await builtAll();
});

test('what is being deleted, and what has no Git source, is not asked about', async () => {
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await expect(deploy()).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('acme/shop/web has no Git source'),
  });
  await apply();
  web().record = { ...web().record, deletingSince: platform.now };
  platform.parts.poller.start();
  const other = application('blog', [{ alias: 'web', cartridge: 'node', source: { git: { url: `${URL}2` } } }]);
  await platform.apply(other);
  await eventually('the other is asked about', () => asked() === 1);
  expect(platform.fetcher.resolved.map(({ url }) => url)).toEqual([`${URL}2`]);
});
