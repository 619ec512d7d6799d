import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { SourceError } from '../errors.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

const URL = 'https://git.example.org/shop.git';
let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
  platform.fetcher.refs.set(`${URL}#main`, 'a'.repeat(40));
});
afterEach(() => platform[Symbol.asyncDispose]());

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
  const deploying = platform.parts.poller.deploy(web());
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

test('a source with manual update is built once, and then when it is asked for', async () => {
  await apply({ update: 'manual' });
  platform.parts.poller.start();
  await eventually('the first source', async () => (await sources()).length === 1);
  await platform.parts.poller.close();
  const before = asked();
  platform.fetcher.refs.set(`${URL}#main`, 'b'.repeat(40));
  platform.parts.poller.start();
  platform.now += 60_000;
  await platform.parts.poller.deploy(web());
  expect(asked()).toBe(before + 1);
  expect(await sources()).toHaveLength(2);
  await builtAll();
});

test('what is being deleted, and what has no Git source, is not asked about', async () => {
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await expect(platform.parts.poller.deploy(web())).rejects.toMatchObject({
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
