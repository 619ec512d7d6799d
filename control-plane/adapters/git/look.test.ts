/** What is told of a repository before it is deployed: from real ones, and from servers that do not behave. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SourceError } from '../../app/errors.ts';
import type { RepositoryLook, SourceFetcher } from '../../app/ports/artifacts.ts';
import { createSourceFetcher, type SourceFetcherOptions } from './fetcher.ts';
import { serveRepositories, TestRepository, type GitServer } from './testing/repository.ts';

type Source = Omit<Parameters<SourceFetcher['look']>[0], 'tenant'>;

const LOGIN = { username: 'x-access-token', password: 'correct-horse' };
const AUTHOR = 'Ada <ada@example.org>';
let shared: string;
let server: GitServer;
let app: TestRepository;
let first: string;
let second: string;
let root: string;
let fetcher: SourceFetcher;
const others: Server[] = [];

beforeAll(async () => {
  shared = await realpath(await mkdtemp(join(tmpdir(), 'git-look-')));
  app = new TestRepository(join(shared, 'app'));
  app.git('config', 'uploadpack.allowFilter', 'true');
  app.write('noise', randomBytes(100_000));
  first = app.commit('First: öne\n\nand what else there is to say');
  app.git('tag', '-a', 'v1', '-m', 'one');
  app.git('branch', 'stable');
  app.git('branch', 'team/next');
  app.write('a', '2');
  second = app.commit('Second');
  server = await serveRepositories(shared, LOGIN);
});
afterAll(async () => {
  await server.close();
  await rm(shared, { recursive: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'look-'));
  fetcher = looking();
});
afterEach(async () => {
  await fetcher.close();
  for (const other of others.splice(0)) {
    other.closeAllConnections();
    other.close();
  }
  await rm(root, { recursive: true });
});

function looking(options: Partial<SourceFetcherOptions> = {}): SourceFetcher {
  return createSourceFetcher({
    cacheDirectory: join(root, 'cache'),
    allowedHosts: ['127.0.0.1'],
    allowedFileRoots: [shared],
    ...options,
  });
}

const look = (source: Source, signal = new AbortController().signal): Promise<RepositoryLook> =>
  fetcher.look({ tenant: 'acme', ...source }, signal);

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'nothing refused',
    (cause: unknown) => cause,
  );
  return error instanceof SourceError ? `${error.code}: ${error.message}` : String(error);
}

/** Why a reference is not there. */
async function missing(source: Source): Promise<string> {
  const { found } = await look(source);
  return found.kind === 'none' ? `${found.error.code}: ${found.error.message}` : found.kind;
}

async function serving(listener: RequestListener): Promise<string> {
  const other = createServer(listener);
  others.push(other);
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(other.address() as AddressInfo).port}/shop.git`;
}

/** Folders of the cache in which something is left of repositories. */
const left = async (): Promise<string[]> =>
  (await readdir(join(root, 'cache'))).filter((name) => name.startsWith('private-') || name === 'mirrors');

describe.each(['http', 'http of version 0', 'file'] as const)('a repository over %s', (way) => {
  const url = (): string =>
    way === 'file' ? `file://${shared}/app` : `${server.url}${way === 'http' ? '' : '/old'}/app`;

  test('has its branches, and what its default branch points at', async () => {
    const { defaultBranch, branches, branchCount, found } = await look({ url: url() });
    expect({ defaultBranch, branches, branchCount }).toEqual({
      ...{ defaultBranch: 'main', branches: ['main', 'stable', 'team/next'], branchCount: 3 },
    });
    const authoredAt = Number(app.git('log', '-1', '--format=%at', second)) * 1000;
    expect(found).toEqual({ kind: 'commit', commit: second, facts: { message: 'Second', author: AUTHOR, authoredAt } });
    expect(await left()).toEqual([]);
  });

  test('has the commit of a branch, a tag and an id', async () => {
    const old = { kind: 'commit', commit: first, facts: { message: 'First: öne', author: AUTHOR } };
    expect((await look({ url: url(), branch: 'team/next' })).found).toMatchObject(old);
    expect((await look({ url: url(), tag: 'v1' })).found).toMatchObject(old);
    expect((await look({ url: url(), commit: first })).found).toMatchObject(old);
    expect(await left()).toEqual([]);
  });

  test('says what is missing in the words of a deploy, and has its branches all the same', async () => {
    for (const reference of [{ branch: 'nxt' }, { tag: 'v2' }]) {
      const words = await refusal(fetcher.resolve({ tenant: 'acme', url: url(), ...reference }));
      expect(words).toMatch(/^GIT_REF_NOT_FOUND: /);
      expect(await missing({ url: url(), ...reference })).toBe(words);
    }
    expect(await missing({ url: url(), commit: 'a'.repeat(40) })).toMatch(
      /^GIT_REF_NOT_FOUND: .* has no commit a{40} on/,
    );
    expect(await missing({ url: url(), commit: 'abc' })).toMatch(/^SOURCE_INVALID: a commit is given by its 40 hex/);
    expect(await missing({ url: url(), branch: '--upload-pack=touch /tmp/x' })).toMatch(/^SOURCE_INVALID: .*cannot be/);
    expect((await look({ url: url(), branch: 'nxt' })).branches).toEqual(['main', 'stable', 'team/next']);
  });
});

test('what is kept of a repository anyway is not fetched again', async () => {
  const url = `${server.url}/app`;
  await fetcher.resolve({ tenant: 'acme', url });
  const before = server.fetches();
  expect((await look({ url })).found).toMatchObject({ commit: second, facts: { message: 'Second' } });
  // The references are asked for by the same address as a pack is.
  expect(server.fetches() - before).toBe(1);
});

test('an empty repository is read, and has no default branch yet', async () => {
  const empty = new TestRepository(join(root, 'empty'));
  fetcher = looking({ allowedFileRoots: [root] });
  expect(await look({ url: empty.directory })).toMatchObject({ branches: [], branchCount: 0, found: { kind: 'none' } });
  expect(await missing({ url: empty.directory })).toMatch(/^GIT_REF_NOT_FOUND: .*is empty/);
});

test('of many branches the first are told, and how many there are', async () => {
  const many = new TestRepository(join(root, 'many'));
  const commit = many.commit('x');
  const updates = Array.from({ length: 700 }, (_, index) => `create refs/heads/b${1000 + index} ${commit}\n`);
  many.gitWith(updates.join(''), 'update-ref', '--stdin');
  fetcher = looking({ allowedFileRoots: [root] });
  const { branches, branchCount } = await look({ url: many.directory });
  expect([branches.length, branches[0], branches[499], branchCount]).toEqual([500, 'b1000', 'b1499', 701]);
});

test('the texts of a commit are one line of some length, and its time is one or none', async () => {
  const foreign = new TestRepository(join(root, 'foreign'));
  const tree = foreign.gitWith('', 'mktree');
  const who = `${'N\u0007'.repeat(300)} <a@b> 99999999999999999999 +0000`;
  const text = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\n\u001b[31m${'s'.repeat(2000)}\n`;
  const commit = foreign.gitWith(text, 'hash-object', '-t', 'commit', '-w', '--literally', '--stdin');
  foreign.git('update-ref', 'refs/heads/main', commit);
  fetcher = looking({ allowedFileRoots: [root] });
  const { found } = await look({ url: foreign.directory });
  if (found.kind !== 'commit' || found.facts === null) throw new Error(JSON.stringify(found));
  const { message, author, authoredAt } = found.facts;
  expect([message.length, author.length]).toEqual([500, 200]);
  expect(message + author).not.toMatch(/\p{Cc}/u);
  if (authoredAt !== null) expect(new Date(authoredAt).toISOString()).toMatch(/^[+\d]/);
});

test('a commit whose files come along is known by its id alone once they are too many', async () => {
  const large = new TestRepository(join(shared, 'large'));
  large.write('noise', randomBytes(24_000_000));
  const commit = large.commit('large');
  expect((await look({ url: `${server.url}/slow/large` })).found).toEqual({ kind: 'commit', commit, facts: null });
  expect((await look({ url: `${server.url}/slow/large`, commit })).found).toEqual({ kind: 'unknown' });
  expect(await left()).toEqual([]);
}, 60_000);

describe('what cannot be read says so as a deploy does:', () => {
  test.each<[string, () => string]>([
    ['no repository', () => `${server.url}/none`],
    ['one that wants a login', () => `${server.url}/login/app`],
    ['one that has moved', () => `${server.url}/moved/app`],
    ['nobody there', () => 'http://127.0.0.1:1/app'],
    ['a host that is not allowed', () => 'https://169.254.169.254/latest/meta-data'],
    ['a name that leads inside', () => 'https://inside.example.org/shop.git'],
    ['a folder that is not allowed', () => '/etc'],
    ['a folder by a way around', () => `file://${shared}/../../etc`],
    ['a program in the place of a server', () => 'ext::sh -c "touch /tmp/never"'],
    ['an option', () => '--upload-pack=touch /tmp/never'],
    ['a user and password', () => 'https://ann:hunter2@127.0.0.1/app'],
    ['ssh without a key', () => 'git@127.0.0.1:app'],
    ['another protocol', () => 'ftp://127.0.0.1/app'],
    ['nothing', () => 'shop'],
  ])('%s', async (_name, url) => {
    fetcher = looking({
      allowedHosts: ['127.0.0.1', '*.example.org'],
      lookUp: async () => ['10.0.0.1'],
    });
    const words = await refusal(look({ url: url() }));
    expect(words).toMatch(/^(GIT_[A-Z_]+|SOURCE_INVALID): /);
    expect(words).not.toContain('hunter2');
    expect(words).toBe(await refusal(fetcher.resolve({ tenant: 'acme', url: url() })));
    expect(existsSync('/tmp/never')).toBe(false);
  });

  test('a login that is not taken, without the word that it was', async () => {
    const url = `${server.url}/login/app`;
    const credential = {
      kind: 'password',
      name: 'forge',
      hosts: ['127.0.0.1'],
      username: 'ann',
      password: 'hunter2',
    } as const;
    const words = await refusal(look({ url, credential }));
    expect(words).toMatch(/^GIT_CREDENTIALS_REFUSED: .*"forge"/);
    expect(words).not.toContain('hunter2');
    const right = { ...credential, ...LOGIN };
    expect((await look({ url, credential: right })).found).toMatchObject({
      commit: second,
      facts: { message: 'Second' },
    });
    expect(await left()).toEqual([]);
  });
});

describe('a server that trickles', () => {
  const trickling = (): Promise<string> =>
    serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
      const timer = setInterval(() => response.write('0'), 20);
      response.once('close', () => clearInterval(timer));
    });

  test('is left at the time limit', async () => {
    fetcher = looking({ timeoutSeconds: 1 });
    expect(await refusal(look({ url: await trickling() }))).toMatch(/^GIT_UNREACHABLE: .*within 1 s/);
  });

  test('is left at once when nobody waits any more', async () => {
    const url = await trickling();
    const asking = new AbortController();
    const asked = new Promise((resolve) => others.at(-1)!.once('request', resolve));
    const answer = refusal(look({ url }, asking.signal));
    await asked;
    asking.abort();
    expect(await answer).toMatch(/^GIT_UNREACHABLE: /);
    expect(await left()).toEqual([]);
  });
});
