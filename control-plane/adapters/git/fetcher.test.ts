import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SourceError } from '../../app/errors.ts';
import type { SourceFetcher } from '../../app/ports/artifacts.ts';
import { createSourceFetcher, type SourceFetcherOptions } from './fetcher.ts';
import { serveRepositories, TestRepository, type GitServer } from './testing/repository.ts';

let shared: string;
let server: GitServer;
let app: TestRepository;
let first: string;
let second: string;
let root: string;
let fetcher: TestFetcher;

/** A fetcher whose repositories are a tenant's unless said otherwise. */
type TestFetcher = ReturnType<typeof createFetcher>;
type Source<T> = Omit<T, 'tenant'> & { readonly tenant?: string };

beforeAll(async () => {
  shared = await realpath(await mkdtemp(join(tmpdir(), 'git-')));
  app = new TestRepository(join(shared, 'app'));
  app.write('package.json', '{"version":"1"}');
  app.write('src/deep/main.js', 'first');
  app.write('run.sh', '#!/bin/sh\n', 0o755);
  app.write('empty', '');
  app.write('.gitattributes', '*.js export-ignore\n*.txt eol=crlf\n*.json filter=evil\n');
  app.write('text.txt', 'a\nb\n');
  execFileSync('ln', ['-s', 'src/deep/main.js', join(app.directory, 'link')]);
  first = app.commit('First: öne');
  app.git('tag', '-a', 'v1', '-m', 'one');
  app.git('branch', 'stable');
  app.git('branch', 'refs/heads/stable');
  app.write('src/deep/main.js', 'second');
  second = app.commit('Second');
  app.git('config', 'filter.evil.smudge', 'touch /tmp/never');
  server = await serveRepositories(shared);
});
afterAll(async () => {
  await server.close();
  await rm(shared, { recursive: true });
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fetcher-'));
  fetcher = createFetcher();
});
afterEach(async () => {
  await fetcher.close();
  await rm(root, { recursive: true });
});

function createFetcher(options: Partial<SourceFetcherOptions> = {}) {
  const made = createSourceFetcher({
    cacheDirectory: join(root, 'cache'),
    allowedHosts: ['127.0.0.1'],
    allowedFileRoots: [shared],
    timeoutSeconds: 30,
    ...options,
  });
  const tenant = 'acme';
  return {
    check: (source: Source<Parameters<SourceFetcher['check']>[0]>) => made.check({ tenant, ...source }),
    resolve: (source: Source<Parameters<SourceFetcher['resolve']>[0]>) => made.resolve({ tenant, ...source }),
    checkout: (source: Source<Parameters<SourceFetcher['checkout']>[0]>, folder: string) =>
      made.checkout({ tenant, ...source }, folder),
    forget: (url: string) => made.removeMirror(made.mirrorOf({ tenant, url })),
    close: () => made.close(),
  };
}

async function into(name = 'tree'): Promise<string> {
  await mkdir(join(root, name), { recursive: true });
  return join(root, name);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'nothing refused',
    (cause: unknown) => cause,
  );
  return error instanceof SourceError ? `${error.code}: ${error.message}` : String(error);
}

/** The refusal of checking a commit out, having checked that nothing of it is left. */
async function refusedCheckout(repository: TestRepository, commit: string, directory?: string): Promise<string> {
  const folder = await into('refused');
  const url = `file://${repository.directory}`;
  const words = await refusal(
    fetcher.checkout({ url, commit, ...(directory === undefined ? {} : { directory }) }, folder),
  );
  expect(await readdir(folder)).toEqual([]);
  return words;
}

describe.each(['http', 'file'] as const)('a repository over %s', (protocol) => {
  const url = (): string => (protocol === 'http' ? `${server.url}/app` : `file://${shared}/app`);

  test('points by its default branch, a branch, a tag or a commit', async () => {
    const head = { commit: second, ref: 'main', message: 'Second', author: 'Ada <ada@example.org>' };
    expect(await fetcher.resolve({ url: url() })).toEqual(head);
    expect(await fetcher.resolve({ url: url(), branch: 'main' })).toEqual(head);
    const old = { commit: first, message: 'First: öne', author: 'Ada <ada@example.org>' };
    expect(await fetcher.resolve({ url: url(), branch: 'stable' })).toEqual({ ...old, ref: 'stable' });
    expect(await fetcher.resolve({ url: url(), tag: 'v1' })).toEqual({ ...old, ref: 'v1' });
    expect(await fetcher.resolve({ url: url(), commit: first })).toEqual({ ...old, ref: first });
  });

  test('is checked out as it was committed, whatever its attributes say, without .git', async () => {
    const folder = await into();
    await fetcher.checkout({ url: url(), commit: first }, folder);
    expect((await readdir(folder)).sort()).toEqual([
      '.gitattributes',
      'empty',
      'link',
      'package.json',
      'run.sh',
      'src',
      'text.txt',
    ]);
    expect(await readFile(join(folder, 'src/deep/main.js'), 'utf8')).toBe('first');
    expect(await readFile(join(folder, 'text.txt'), 'utf8')).toBe('a\nb\n');
    expect(await readlink(join(folder, 'link'))).toBe('src/deep/main.js');
    expect((await lstat(join(folder, 'run.sh'))).mode & 0o777).toBe(0o755);
    expect((await lstat(join(folder, 'empty'))).mode & 0o777).toBe(0o644);
  });

  test('gives a sub-folder', async () => {
    const folder = await into();
    await fetcher.checkout({ url: url(), commit: second, directory: './src//deep/' }, folder);
    expect(await readdir(folder)).toEqual(['main.js']);
  });

  test('that has not what is asked for says what it has', async () => {
    expect(await refusal(fetcher.resolve({ url: url(), branch: 'mian' }))).toMatch(
      /^GIT_REF_NOT_FOUND: .* has no branch "mian"; it has main, .*stable/,
    );
    expect(await refusal(fetcher.resolve({ url: url(), tag: 'v2' }))).toMatch(/has no tag "v2"; it has v1$/);
    expect(await refusal(fetcher.resolve({ url: url(), commit: '0'.repeat(40) }))).toMatch(
      /^GIT_REF_NOT_FOUND: .* no commit 0000/,
    );
    const folder = await into();
    expect(await refusal(fetcher.checkout({ url: url(), commit: second, directory: 'lib' }, folder))).toMatch(
      /^GIT_PATH_NOT_FOUND: the folder "lib" does not exist/,
    );
    expect(await refusal(fetcher.checkout({ url: url(), commit: second, directory: 'run.sh' }, folder))).toMatch(
      /is a file/,
    );
  });
});

test('a repository whose HEAD names a branch that is not there says which there are', async () => {
  const repository = new TestRepository(join(shared, 'headless'));
  const url = `${server.url}/headless`;
  expect(await refusal(fetcher.resolve({ url }))).toMatch(/^GIT_REF_NOT_FOUND: .* it is empty; push a commit first$/);
  repository.commit('First');
  repository.git('symbolic-ref', 'HEAD', 'refs/heads/master');
  expect(await refusal(fetcher.resolve({ url }))).toMatch(
    /^GIT_REF_NOT_FOUND: .* no default branch: what its HEAD names is not there; it has main: name one as branch$/,
  );
  expect((await fetcher.resolve({ url, branch: 'main' })).message).toBe('First');
});

test('a repository of SHA-256 names is refused as one', async () => {
  const repository = new TestRepository(join(shared, 'sha256'));
  await rm(join(repository.directory, '.git'), { recursive: true });
  repository.git('init', '--quiet', '--initial-branch=main', '--object-format=sha256');
  repository.commit('First');
  for (const reference of [{}, { branch: 'main' }])
    expect(await refusal(fetcher.resolve({ url: `${server.url}/sha256`, ...reference }))).toMatch(
      /^GIT_UNSUPPORTED: .* only SHA-1/,
    );
});

describe('the mirror', () => {
  test('is asked before the server is', async () => {
    const url = `${server.url}/app`;
    await fetcher.resolve({ url });
    const before = server.fetches();
    await fetcher.resolve({ url, commit: second });
    await fetcher.checkout({ url, commit: second }, await into());
    expect(server.fetches()).toBe(before);
  });

  test('follows a branch that moves, also by force', async () => {
    const moving = new TestRepository(join(shared, 'moving'));
    moving.write('a', '1');
    const one = moving.commit('one');
    const url = `file://${moving.directory}`;
    expect((await fetcher.resolve({ url })).commit).toBe(one);
    moving.git('commit', '--quiet', '--amend', '-m', 'other');
    const other = moving.git('rev-parse', 'HEAD');
    expect((await fetcher.resolve({ url })).message).toBe('other');
    const folder = await into();
    await fetcher.checkout({ url, commit: one }, folder);
    await fetcher.checkout({ url, commit: other }, await into('other'));
    moving.git('branch', '-m', 'renamed');
    expect((await fetcher.resolve({ url })).ref).toBe('renamed');
  });

  test('is not asked again what the commit is that a branch still points at', async () => {
    const programs = join(root, 'programs');
    const calls = join(root, 'calls');
    await mkdir(programs);
    const counting = `#!/bin/sh\necho "$*" >> '${calls}'\nPATH='${process.env.PATH}' exec git "$@"\n`;
    await writeFile(join(programs, 'git'), counting, { mode: 0o755 });
    const counted = createFetcher({ path: programs });
    const url = `file://${app.directory}`;
    const found = await counted.resolve({ url, branch: 'main' });
    await writeFile(calls, '');
    expect(await counted.resolve({ url, branch: 'main' })).toEqual(found);
    const asked = (await readFile(calls, 'utf8')).trimEnd().split('\n');
    expect(asked).toEqual([expect.stringMatching(/^ls-remote /)]);
    // It is fetched again where it is not there any more.
    await counted.forget(url);
    expect(await counted.resolve({ url, branch: 'main' })).toEqual(found);
    await counted.checkout({ url, commit: found.commit }, await into());
    await counted.close();
  });

  test('brings old commits from servers that give none by id', async () => {
    const url = `${server.url}/old/app`;
    expect((await fetcher.resolve({ url, commit: first })).message).toBe('First: öne');
    expect(await refusal(fetcher.resolve({ url, commit: '1'.repeat(40) }))).toMatch(/^GIT_REF_NOT_FOUND/);
    const before = server.fetches();
    await fetcher.resolve({ url, commit: second });
    expect(server.fetches()).toBe(before);
  });

  test('is used by many at once', async () => {
    const url = `${server.url}/app`;
    const results = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const folder = await into(`at-once-${index}`);
        await fetcher.checkout({ url, commit: index % 2 === 0 ? first : second }, folder);
        return readFile(join(folder, 'src/deep/main.js'), 'utf8');
      }),
    );
    expect(results).toEqual(['first', 'second', 'first', 'second', 'first', 'second']);
  });

  test('that a crash has left damaged or locked is made again', async () => {
    const url = `${server.url}/app`;
    await fetcher.resolve({ url, commit: first });
    const [name] = await readdir(join(root, 'cache/mirrors'));
    const mirror = join(root, 'cache/mirrors', name!);
    await writeFile(join(mirror, 'shallow.lock'), '');
    expect((await fetcher.resolve({ url })).commit).toBe(second);
    await rm(join(mirror, 'objects'), { recursive: true });
    expect((await fetcher.resolve({ url, tag: 'v1' })).commit).toBe(first);
    await writeFile(join(mirror, 'config'), 'not a configuration [');
    await fetcher.checkout({ url, commit: second }, await into());
  });
});

describe('where sources may come from', () => {
  test.each([
    ['ext::sh -c touch% /tmp/x', 'SOURCE_INVALID'],
    ['ext::sh', 'GIT_UNSUPPORTED'],
    ['fd::17', 'GIT_UNSUPPORTED'],
    ['--upload-pack=touch', 'SOURCE_INVALID'],
    ['-oProxyCommand=x', 'SOURCE_INVALID'],
    ['ssh://-oProxyCommand=x/y', 'SOURCE_INVALID'],
    ['ftp://127.0.0.1/x', 'GIT_UNSUPPORTED'],
    ['git://127.0.0.1/x', 'GIT_UNSUPPORTED'],
    ['http://', 'SOURCE_INVALID'],
    ['not a url', 'SOURCE_INVALID'],
    ['relative/path', 'SOURCE_INVALID'],
    ['', 'SOURCE_INVALID'],
    ['file://elsewhere/x', 'SOURCE_INVALID'],
    ['ssh://git@127.0.0.1/x', 'GIT_CREDENTIALS_MISSING'],
    ['git@127.0.0.1:x/y.git', 'GIT_CREDENTIALS_MISSING'],
    ['https://user:hunter2@127.0.0.1/x', 'GIT_UNSUPPORTED'],
    ['ssh://git:hunter2@127.0.0.1/x', 'GIT_UNSUPPORTED'],
    ['https://example.org/x', 'GIT_HOST_NOT_ALLOWED'],
    ['git@example.org:x/y.git', 'GIT_HOST_NOT_ALLOWED'],
    ['http://127.0.0.1.example.org/x', 'GIT_HOST_NOT_ALLOWED'],
    ['file:///etc', 'GIT_HOST_NOT_ALLOWED'],
    ['/etc/none', 'GIT_HOST_NOT_ALLOWED'],
  ])('%s is refused', async (url, code) => {
    const words = await refusal(fetcher.resolve({ url }));
    expect(words).toMatch(new RegExp(`^${code}: `));
    expect(words).not.toContain('hunter2');
    expect(existsSync(join(root, 'cache/mirrors'))).toBe(false);
  });

  test('folders only below the allowed roots, also through links and ..', async () => {
    const narrow = createFetcher({ allowedFileRoots: [join(shared, 'app')] });
    const other = new TestRepository(join(shared, 'other'));
    other.commit('x');
    execFileSync('ln', ['-sfn', other.directory, join(app.directory, 'way-out')]);
    for (const path of ['other', 'app/../other', 'app/way-out', 'appendix'])
      expect(await refusal(narrow.resolve({ url: `${shared}/${path}` }))).toMatch(/^GIT_HOST_NOT_ALLOWED/);
    expect(await refusal(createFetcher({ allowedFileRoots: [] }).resolve({ url: app.directory }))).toMatch(
      /^GIT_HOST_NOT_ALLOWED/,
    );
    expect((await narrow.resolve({ url: app.directory })).commit).toBe(second);
    expect(await refusal(narrow.resolve({ url: `${app.directory}/none` }))).toMatch(
      /^GIT_UNREACHABLE: there is no repository/,
    );
    await rm(join(app.directory, 'way-out'));
  });

  test('hosts by name, by port, and below a domain', async () => {
    const { port } = new URL(server.url);
    const withPort = createFetcher({ allowedHosts: [`127.0.0.1:${port}`] });
    expect((await withPort.resolve({ url: `${server.url}/app` })).commit).toBe(second);
    expect(await refusal(withPort.resolve({ url: 'http://127.0.0.1:1/app' }))).toMatch(/^GIT_HOST_NOT_ALLOWED/);
    // A URL does not say the port that its protocol has anyway.
    const usual = createFetcher({ allowedHosts: ['127.0.0.1:80'] });
    expect(await refusal(usual.resolve({ url: 'http://127.0.0.1/app' }))).not.toMatch(/GIT_HOST_NOT_ALLOWED/);
    const domain = createFetcher({ allowedHosts: ['*.example.org'] });
    expect(await refusal(domain.resolve({ url: 'https://example.org/x' }))).toMatch(/allowed are \*\.example\.org/);
    const any = createFetcher({ allowedHosts: ['any', '127.0.0.1'] });
    expect((await any.resolve({ url: `${server.url}/app` })).commit).toBe(second);
  });

  test.each([
    [{ branch: '-x' }],
    [{ branch: 'a..b' }],
    [{ branch: 'a b' }],
    [{ tag: 'x^{}' }],
    [{ branch: 'refs/*' }],
    [{ branch: '' }],
    [{ branch: 'a@{1}' }],
    [{ tag: 'a\nb' }],
    [{ commit: 'HEAD' }],
    [{ commit: 'abc1234567' }],
    [{ branch: 'a', tag: 'b' }],
  ])('the reference %j is refused', async (reference) => {
    expect(await refusal(fetcher.resolve({ url: app.directory, ...reference }))).toMatch(/^SOURCE_INVALID/);
  });

  test.each(['..', '/etc', 'src/../..', 'a\u0000b'])('the directory %j is refused', async (directory) => {
    expect(await refusedCheckout(app, second, directory)).toMatch(/^SOURCE_INVALID: the source's directory/);
  });
});

describe('servers that do not behave', () => {
  test('a missing, a private and a moved repository are told apart', async () => {
    expect(await refusal(fetcher.resolve({ url: `${server.url}/none` }))).toMatch(
      /^GIT_UNREACHABLE: .*there is no repository/,
    );
    expect(await refusal(fetcher.resolve({ url: `${server.url}/private/app` }))).toMatch(
      /^GIT_CREDENTIALS_MISSING: .*wants a login/,
    );
    expect(await refusal(fetcher.resolve({ url: `${server.url}/moved/app` }))).toMatch(/^GIT_UNREACHABLE: .*redirect/);
  });

  test('nobody there', async () => {
    expect(await refusal(fetcher.resolve({ url: 'http://127.0.0.1:1/app' }))).toMatch(
      /^GIT_UNREACHABLE: .*cannot be reached/,
    );
  });

  test('an empty repository', async () => {
    const empty = new TestRepository(join(shared, 'empty'));
    expect(await refusal(fetcher.resolve({ url: empty.directory }))).toMatch(/^GIT_REF_NOT_FOUND: .*is empty/);
  });

  test('silence ends at the time limit', async () => {
    const hasty = createFetcher({ timeoutSeconds: 0.5 });
    expect(await refusal(hasty.resolve({ url: `${server.url}/silent/app` }))).toMatch(
      /^GIT_UNREACHABLE: .*within 0.5 s/,
    );
  });

  test('closing ends what is under way', async () => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address() as { port: number };
    const asked = refusal(fetcher.resolve({ url: `http://127.0.0.1:${address.port}/x` }));
    await new Promise((resolve) => mute.once('connection', resolve));
    await fetcher.close();
    expect(await asked).toMatch(/cancelled/);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  test('more than may be fetched is stopped, and nothing of it kept', async () => {
    const large = new TestRepository(join(shared, 'large'));
    large.write('noise', randomBytes(6_000_000));
    const commit = large.commit('large');
    const small = createFetcher({ maximumBytes: 1_000_000 });
    const url = `${server.url}/slow/large`;
    expect(await refusal(small.resolve({ url, commit }))).toMatch(/^SOURCE_INVALID: .* is larger than 1000000 bytes/);
    expect(await readdir(join(root, 'cache/mirrors'))).toEqual([]);
  });

  test('more content than may be taken is refused before it is written', async () => {
    const bomb = new TestRepository(join(shared, 'bomb'));
    bomb.write('zeros', Buffer.alloc(3_000_000));
    const commit = bomb.commit('bomb');
    const small = createFetcher({ maximumBytes: 1_000_000 });
    const folder = await into();
    expect(await refusal(small.checkout({ url: bomb.directory, commit }, folder))).toMatch(
      /has 3000000 bytes; at most 1000000/,
    );
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('what a repository may hold', () => {
  test('no submodules', async () => {
    const repository = new TestRepository(join(shared, 'submodules'));
    repository.write('a', '1');
    repository.commit('a');
    repository.git('update-index', '--add', '--cacheinfo', `160000,${first},lib/sub`);
    repository.git('commit', '--quiet', '-m', 'sub');
    const commit = repository.git('rev-parse', 'HEAD');
    expect(await refusedCheckout(repository, commit)).toMatch(/^GIT_UNSUPPORTED: "lib\/sub" is a submodule/);
  });

  test('no LFS pointers', async () => {
    const repository = new TestRepository(join(shared, 'lfs'));
    repository.write(
      'data/model.bin',
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`,
    );
    const commit = repository.commit('lfs');
    expect(await refusedCheckout(repository, commit)).toMatch(/^GIT_UNSUPPORTED: "data\/model.bin" is kept in Git LFS/);
  });

  test.each(['../outside', '/etc/passwd', 'self', 'a/../../x'])('no link to %s', async (target) => {
    const repository = new TestRepository(join(shared, `links-${target.replaceAll(/\W/g, '')}`));
    repository.write('a/b', '1');
    execFileSync('ln', ['-s', target, join(repository.directory, 'self')]);
    const commit = repository.commit('link');
    expect(await refusedCheckout(repository, commit)).toMatch(/^SOURCE_INVALID: the link "self" leads out|in a circle/);
  });

  test('no link that leaves the sub-folder', async () => {
    const repository = new TestRepository(join(shared, 'sub-link'));
    repository.write('app/a', '1');
    execFileSync('ln', ['-s', '../secret', join(repository.directory, 'app/link')]);
    repository.write('secret', 'x');
    const commit = repository.commit('link');
    expect(await refusedCheckout(repository, commit, 'app')).toMatch(/^SOURCE_INVALID: the link "link"/);
    const folder = await into();
    await fetcher.checkout({ url: repository.directory, commit }, folder);
    expect(await readFile(join(folder, 'app/link'), 'utf8')).toBe('x');
  });

  test.each<[string, string | Buffer, string]>([
    ['..', '..', '100644'],
    ['.git', '.GIT', '100644'],
    ['a path', '../../evil', '100644'],
    ['an absolute path', '/evil', '100644'],
    ['bytes that are no text', Buffer.from([0x61, 0xff]), '100644'],
  ])('no name that is %s', async (_name, name, mode) => {
    const repository = new TestRepository(join(shared, `names-${Buffer.from(name).toString('hex')}`));
    const commit = repository.commitRaw([{ mode, name, object: repository.blob('x') }]);
    expect(await refusedCheckout(repository, commit)).toMatch(/^SOURCE_INVALID/);
    expect(existsSync(join(root, 'evil'))).toBe(false);
  });

  test('nothing below a link of the same name', async () => {
    const repository = new TestRepository(join(shared, 'twice'));
    const tree = repository.gitWith(
      Buffer.concat([Buffer.from('100644 x\0'), Buffer.from(repository.blob('x'), 'hex')]),
      'hash-object',
      '-t',
      'tree',
      '-w',
      '--stdin',
    );
    const commit = repository.commitRaw([
      { mode: '120000', name: 'a', object: repository.blob('..') },
      { mode: '40000', name: 'a', object: tree },
    ]);
    expect(await refusedCheckout(repository, commit)).toMatch(/^SOURCE_INVALID/);
  });

  test('hooks and configuration that it brings along do nothing', async () => {
    const repository = new TestRepository(join(shared, 'hooked'));
    repository.write('a', '1');
    const commit = repository.commit('a');
    const mark = join(shared, 'hook-ran');
    for (const hook of ['post-checkout', 'post-upload-pack', 'reference-transaction'])
      writeFileSync(join(repository.directory, '.git/hooks', hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    repository.git('config', 'uploadpack.packObjectsHook', `touch ${mark};`);
    repository.git('config', 'core.fsmonitor', `touch ${mark}`);
    await fetcher.checkout({ url: repository.directory, commit }, await into());
    expect(existsSync(mark)).toBe(false);
  });
});

test('without the program git the error says so', async () => {
  const lost = createFetcher({ path: join(root, 'nothing') });
  expect(await refusal(lost.resolve({ url: app.directory }))).toMatch(/^GIT_UNSUPPORTED: the program git is not on/);
});
