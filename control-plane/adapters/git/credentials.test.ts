/** Repositories that want a login, over git's own http-backend; and what must not be reached with one. */
import { mkdtemp, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SourceError } from '../../app/errors.ts';
import type { GitCredential, SourceFetcher } from '../../app/ports/artifacts.ts';
import { createSourceFetcher, type SourceFetcherOptions } from './fetcher.ts';
import { serveRepositories, TestRepository, type GitServer } from './testing/repository.ts';

const PASSWORD = 'p@ss w\\ord/"ü%41';
let shared: string;
let server: GitServer;
let port: string;
let head: string;
let root: string;
const opened: SourceFetcher[] = [];

beforeAll(async () => {
  shared = await realpath(await mkdtemp(join(tmpdir(), 'git login-')));
  const app = new TestRepository(join(shared, 'app'));
  app.write('a', '1');
  head = app.commit('First');
  server = await serveRepositories(shared, { username: 'x-access-token', password: PASSWORD });
  ({ port } = new URL(server.url));
});
afterAll(async () => {
  await server.close();
  await rm(shared, { recursive: true });
});
beforeEach(async () => {
  // With blanks: the paths of what is written go through configurations and shells.
  root = await mkdtemp(join(tmpdir(), "fetcher with 'blanks' -"));
});
afterEach(async () => {
  for (const fetcher of opened.splice(0)) await fetcher.close();
  await rm(root, { recursive: true });
});

function open(options: Partial<SourceFetcherOptions> = {}): SourceFetcher {
  const fetcher = createSourceFetcher({
    cacheDirectory: join(root, 'cache'),
    allowedHosts: ['127.0.0.1', 'localhost'],
    allowedFileRoots: [],
    timeoutSeconds: 30,
    ...options,
  });
  opened.push(fetcher);
  return fetcher;
}

const token = (changes: Partial<Extract<GitCredential, { kind: 'password' }>> = {}): GitCredential => ({
  kind: 'password',
  name: 'forge',
  hosts: ['127.0.0.1'],
  username: 'x-access-token',
  password: PASSWORD,
  ...changes,
});

const url = (): string => `${server.url}/login/app`;

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing refused',
    (error: unknown) => (error instanceof SourceError ? `${error.code}: ${error.message}` : String(error)),
  );
}

/** Everything that lies in a folder, as one text. */
async function contents(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

describe('a repository that wants a login', () => {
  test('is read with the credential, whatever stands in it, and nothing of it stays', async () => {
    const fetcher = open();
    const source = { tenant: 'acme', url: url(), credential: token() };
    expect((await fetcher.resolve(source)).commit).toBe(head);
    await mkdir(join(root, 'tree'));
    await fetcher.checkout({ ...source, commit: head }, join(root, 'tree'));
    expect(await readFile(join(root, 'tree/a'), 'utf8')).toBe('1');
    const left = await contents(root);
    expect(left).toContain('followRedirects');
    for (const form of [PASSWORD, encodeURIComponent(PASSWORD), 'p@ss', 'p%40ss']) expect(left).not.toContain(form);
    expect((await readdir(join(root, 'cache'))).filter((name) => name.startsWith('private-'))).toEqual([]);
  });

  test('is refused without one, and says how to give one', async () => {
    expect(await refusal(open().resolve({ tenant: 'acme', url: url() }))).toMatch(
      /^GIT_CREDENTIALS_MISSING: .*cartwright credential set/,
    );
  });

  test('is refused with a wrong one, by name and without the password', async () => {
    const credential = token({ password: 'hunter2' });
    const words = await refusal(open().resolve({ tenant: 'acme', url: url(), credential }));
    expect(words).toMatch(/^GIT_CREDENTIALS_REFUSED: .*"forge"/);
    expect(words).not.toContain('hunter2');
    expect((await readdir(join(root, 'cache'))).filter((name) => name.startsWith('private-'))).toEqual([]);
  });

  test('that one tenant has fetched is nothing to another, not even by its commit', async () => {
    const fetcher = open();
    await fetcher.resolve({ tenant: 'acme', url: url(), credential: token() });
    const others = { tenant: 'beta', url: url(), commit: head };
    expect(await refusal(fetcher.resolve(others))).toMatch(/^GIT_CREDENTIALS_MISSING/);
    await mkdir(join(root, 'tree'));
    expect(await refusal(fetcher.checkout(others, join(root, 'tree')))).toMatch(/^GIT_CREDENTIALS_MISSING/);
    expect(await readdir(join(root, 'tree'))).toEqual([]);
  });

  test('what a crash has left of a credential is removed by the next start', async () => {
    await mkdir(join(root, 'cache/private-abc'), { recursive: true });
    await writeFile(join(root, 'cache/private-abc/key'), 'hunter2');
    await open().resolve({ tenant: 'acme', url: url(), credential: token() });
    expect(await contents(join(root, 'cache'))).not.toContain('hunter2');
  });
});

describe('a credential is not shown', () => {
  test.each<[string, () => string, GitCredential, RegExp]>([
    ['to another host', () => `http://localhost:${port}/login/app`, token(), /^GIT_CREDENTIALS_REFUSED: .*is for 127/],
    ['to another port', () => url(), token({ hosts: ['127.0.0.1:1'] }), /^GIT_CREDENTIALS_REFUSED: /],
    ['to a host whose name ends the same', () => url(), token({ hosts: ['0.0.1'] }), /^GIT_CREDENTIALS_REFUSED: /],
    ['over ssh, when it is a password', () => 'ssh://git@127.0.0.1/x', token(), /^GIT_UNSUPPORTED: .*ssh takes a key/],
    [
      'over http, when it is a key',
      () => url(),
      { kind: 'key', name: 'deploy', hosts: ['127.0.0.1'], privateKey: 'KEY', knownHosts: '' },
      /^GIT_UNSUPPORTED: .*is a key/,
    ],
  ])('%s', async (_name, address, credential, expected) => {
    const source = { tenant: 'acme', url: address(), credential };
    expect(await refusal(open().check(source))).toMatch(expected);
    expect(await refusal(open().resolve(source))).toMatch(expected);
  });

  test('in the clear', async () => {
    const credential = token({ hosts: ['git.example.org'] });
    const fetcher = open({ allowedHosts: ['git.example.org'] });
    expect(await refusal(fetcher.check({ tenant: 'acme', url: 'http://git.example.org/x', credential }))).toMatch(
      /^GIT_UNSUPPORTED: .*use https/,
    );
  });
});

describe('the platform’s own network', () => {
  /** Answers everything, and notes that it was asked. */
  let inside: Server;
  let asked: string[];
  let insidePort: number;
  beforeEach(async () => {
    asked = [];
    inside = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('internal');
    });
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    insidePort = (inside.address() as AddressInfo).port;
  });
  afterEach(() => new Promise((resolve) => inside.close(resolve)));

  test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0', 'localhost'])(
    'is not reached by %s where hosts are not named',
    async (host) => {
      for (const allowed of ['any', '*.1', '*host']) {
        const words = await refusal(
          open({ allowedHosts: [allowed] }).resolve({ tenant: 'acme', url: `http://${host}:${insidePort}/x` }),
        );
        expect(words).toMatch(/^GIT_(ADDRESS|HOST)_NOT_ALLOWED: /);
      }
      expect(asked).toEqual([]);
    },
  );

  test('is not reached by a name that leads into it', async () => {
    const fetcher = open({ allowedHosts: ['*.example.org'], lookUp: async () => ['127.0.0.1'] });
    const words = await refusal(fetcher.resolve({ tenant: 'acme', url: `http://x.example.org:${insidePort}/x` }));
    expect(words).toMatch(/^GIT_ADDRESS_NOT_ALLOWED: the host x\.example\.org/);
    expect(asked).toEqual([]);
  });

  test('is not reached by a name whose answer changes: it is asked for once', async () => {
    // A public address where nobody answers; git would find 127.0.0.1 by itself.
    const fetcher = open({ allowedHosts: ['any'], lookUp: async () => ['192.31.196.1'], timeoutSeconds: 3 });
    const words = await refusal(fetcher.resolve({ tenant: 'acme', url: `http://localhost:${insidePort}/x` }));
    expect(words).toMatch(/^GIT_UNREACHABLE/);
    expect(asked).toEqual([]);
  });

  test('is not reached by a redirection, nor by alternates of a repository', async () => {
    const outside = createServer((request, response) => {
      const target = `http://127.0.0.1:${insidePort}`;
      if (request.url?.startsWith('/moved')) return response.writeHead(302, { location: `${target}/x` }).end();
      if (request.url?.endsWith('/info/refs') === true) return response.end(`${'a'.repeat(40)}\trefs/heads/main\n`);
      if (request.url?.endsWith('/HEAD') === true) return response.end('ref: refs/heads/main\n');
      if (request.url?.endsWith('alternates') === true) return response.end(`${target}/objects\n`);
      return response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
    try {
      for (const path of ['moved/x', 'plain']) {
        const words = await refusal(open().resolve({ tenant: 'acme', url: `${base}/${path}`, branch: 'main' }));
        expect(words).toMatch(/^(GIT|SOURCE)_/);
      }
      expect(asked).toEqual([]);
    } finally {
      outside.closeAllConnections();
      await new Promise((resolve) => outside.close(resolve));
    }
  });
});
