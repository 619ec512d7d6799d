/** Servers without end, histories that are rewritten, and trees that no working folder could hold. */
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, readdir, realpath, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SourceFetcher } from '../../app/ports/artifacts.ts';
import { createArtifactStore } from '../artifacts/store.ts';
import { createSourceFetcher, type SourceFetcherOptions } from './fetcher.ts';
import { memoryOf } from './memory.ts';
import { serveRepositories, TestRepository, type GitServer } from './testing/repository.ts';

const MIB = 1024 * 1024;
const tenant = 'acme';
let root: string;
let servers: Server[];
let fetchers: SourceFetcher[];
let repositories: GitServer | undefined;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'hostile-')));
  [servers, fetchers, repositories] = [[], [], undefined];
});
afterEach(async () => {
  await Promise.all(fetchers.map((fetcher) => fetcher.close()));
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await repositories?.close();
  await rm(root, { recursive: true });
});

function fetching(options: Partial<SourceFetcherOptions> = {}): SourceFetcher {
  const fetcher = createSourceFetcher({
    cacheDirectory: join(root, `cache-${fetchers.length}`),
    allowedHosts: ['127.0.0.1'],
    allowedFileRoots: [root],
    timeoutSeconds: 30,
    ...options,
  });
  fetchers.push(fetcher);
  return fetcher;
}

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`;
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing refused',
    (error: unknown) => `${(error as { code: string }).code}: ${(error as Error).message}`,
  );
const packet = (text: string) => (text.length + 4).toString(16).padStart(4, '0') + text;
const ADVERTISEMENT = { 'content-type': 'application/x-git-upload-pack-advertisement' };
const into = async (name: string) => (await mkdir(join(root, name)), join(root, name));

describe('a server that has no end', () => {
  test('is cut off before its references have filled the memory', async () => {
    let sent = 0;
    const url = await serving((_request, response) => {
      response.writeHead(200, ADVERTISEMENT);
      response.write(`${packet('# service=git-upload-pack\n')}0000${packet(`${'a'.repeat(40)} HEAD\0\n`)}`);
      const more = (): void => {
        if (response.destroyed) return;
        const lines = Array.from({ length: 1000 }, () =>
          packet(`${'a'.repeat(40)} refs/heads/${'x'.repeat(200)}${(sent += 1)}\n`),
        );
        // Never at once: a kernel that takes everything would leave no room for timers.
        if (response.write(lines.join(''))) setImmediate(more);
        else response.once('drain', () => setImmediate(more));
      };
      more();
    });
    const fetcher = fetching({ maximumMemoryBytes: 48 * MIB });
    expect(await refusal(fetcher.resolve({ tenant, url }))).toMatch(
      /^SOURCE_INVALID: reading the repository takes more than \d+ bytes of memory/,
    );
    expect(sent).toBeGreaterThan(10_000);
  });

  test('and sends a byte now and then is left at the time limit', async () => {
    const url = await serving((_request, response) => {
      response.writeHead(200, ADVERTISEMENT);
      const timer = setInterval(() => response.write('0'), 20);
      response.once('close', () => clearInterval(timer));
    });
    expect(await refusal(fetching({ timeoutSeconds: 1 }).resolve({ tenant, url }))).toMatch(
      /^GIT_UNREACHABLE: the repository did not answer completely within 1 s/,
    );
  });

  test('of headers is left, too', async () => {
    const server = createServer();
    servers.push(server);
    server.on('connection', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = (): void => {
        if (!socket.destroyed && socket.write(`x-header: ${'x'.repeat(16_000)}\r\n`)) setImmediate(more);
        else if (!socket.destroyed) socket.once('drain', () => setImmediate(more));
      };
      socket.on('error', () => socket.destroy());
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    expect(await refusal(fetching({ timeoutSeconds: 10 }).resolve({ tenant, url }))).toMatch(/^(GIT|SOURCE)_[A-Z]+: /);
  });
});

test('the memory of a process counts what it has started, and is nothing once it is gone', async () => {
  expect(await memoryOf(process.pid, Infinity)).toBeGreaterThan(10 * MIB);
  expect(await memoryOf(2 ** 22 + 1, Infinity)).toBe(0);
});

describe('a history that is rewritten between two looks', () => {
  test('is followed, what was seen of it before can still be built, and nobody else gets that', async () => {
    const shop = new TestRepository(join(root, 'shop'));
    shop.write('a', '1');
    const first = shop.commit('one');
    repositories = await serveRepositories(root);
    const url = `${repositories.url}/shop`;
    const fetcher = fetching();
    expect((await fetcher.resolve({ tenant, url, branch: 'main' })).commit).toBe(first);
    shop.git('checkout', '--quiet', '--orphan', 'other');
    shop.write('a', '2');
    const second = shop.commit('instead');
    shop.git('branch', '-M', 'other', 'main');
    shop.git('reflog', 'expire', '--expire=now', '--all');
    shop.git('gc', '--quiet', '--prune=now');
    expect((await fetcher.resolve({ tenant, url, branch: 'main' })).commit).toBe(second);
    await fetcher.checkout({ tenant, url, commit: first }, await into('old'));
    expect(await readFile(join(root, 'old/a'), 'utf8')).toBe('1');
    expect(await refusal(fetcher.checkout({ tenant: 'beta', url, commit: first }, await into('others')))).toMatch(
      /^GIT_REF_NOT_FOUND/,
    );
    expect(await readdir(join(root, 'others'))).toEqual([]);
  });

  test('and has lost the branch says what there is instead, though its commit is here', async () => {
    const shop = new TestRepository(join(root, 'shop'));
    shop.commit('one');
    shop.git('branch', 'next');
    repositories = await serveRepositories(root);
    const source = { tenant, url: `${repositories.url}/shop`, branch: 'next' };
    const fetcher = fetching();
    await fetcher.resolve(source);
    shop.git('branch', '-D', 'next');
    expect(await refusal(fetcher.resolve(source))).toMatch(/^GIT_REF_NOT_FOUND: .* has no branch "next"; it has main$/);
  });
});

describe('a tree', () => {
  test('whose names differ by case alone comes whole, in the artifact, too', async () => {
    const shop = new TestRepository(join(root, 'shop'));
    const names = ['README', 'Readme', 'readme', 'Src/a', 'src/a'];
    for (const name of names) shop.write(name, name);
    const commit = shop.commit('case');
    const folder = await into('tree');
    await fetching().checkout({ tenant, url: shop.directory, commit }, folder);
    const store = await createArtifactStore({ directory: join(root, 'artifacts') });
    const { digest } = await store.pack(folder);
    await store.unpack(digest, await into('unpacked'), MIB);
    for (const name of names) expect(await readFile(join(root, 'unpacked', name), 'utf8')).toBe(name);
  });

  test('with a name twice is refused, and nothing of it stays', async () => {
    const shop = new TestRepository(join(root, 'shop'));
    const twice = { mode: '100644', name: 'a' };
    const commit = shop.commitRaw([
      { ...twice, object: shop.blob('1') },
      { ...twice, object: shop.blob('2') },
    ]);
    const folder = await into('tree');
    expect(await refusal(fetching().checkout({ tenant, url: shop.directory, commit }, folder))).toBe(
      'SOURCE_INVALID: the repository has two things of one name',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test.each<[string, string, string, string]>([
    ['a name that no file can have', '100644', 'n'.repeat(300), 'x'],
    ['a name that has too many bytes for a file', '100644', 'ö'.repeat(150), 'x'],
    ['a link to nothing', '120000', 'a', ''],
    ['a link to a NUL', '120000', 'a', 'b\0c'],
    ['a link to a name that no file can have', '120000', 'a', 'n'.repeat(300)],
  ])('with %s is refused without a word of where it would lie', async (_name, mode, name, content) => {
    const shop = new TestRepository(join(root, 'shop'));
    const commit = shop.commitRaw([{ mode, name, object: shop.blob(content) }]);
    const folder = await into('tree');
    const words = await refusal(fetching().checkout({ tenant, url: shop.directory, commit }, folder));
    expect(words).toMatch(/^SOURCE_INVALID: /);
    expect(words).not.toContain(root);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['a device', '20666'],
    ['a pipe', '10644'],
    ['a socket', '140644'],
    ['a program that changes the user', '104755'],
    ['what everybody may write', '100777'],
  ])('with the mode of %s gives a plain file or nothing', async (_name, mode) => {
    const shop = new TestRepository(join(root, 'shop'));
    const commit = shop.commitRaw([{ mode, name: 'a', object: shop.blob('x') }]);
    const folder = await into('tree');
    await fetching()
      .checkout({ tenant, url: shop.directory, commit }, folder)
      .catch(() => undefined);
    if (!existsSync(join(folder, 'a'))) return;
    const stats = await lstat(join(folder, 'a'));
    expect([stats.isFile(), stats.mode & 0o7022]).toEqual([true, 0]);
  });

  test('that declares submodules without having one is files and no more', async () => {
    const shop = new TestRepository(join(root, 'shop'));
    shop.write(
      '.gitmodules',
      '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch /tmp/x\n\tupdate = !touch /tmp/x\n',
    );
    const commit = shop.commit('x');
    await fetching().checkout({ tenant, url: shop.directory, commit }, await into('tree'));
    expect(await readdir(join(root, 'tree'))).toEqual(['.gitmodules']);
  });
});
