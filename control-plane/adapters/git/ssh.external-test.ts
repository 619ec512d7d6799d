/** Repositories over ssh, from a real sshd: which keys open them, and whose host key is believed. */
import { mkdtemp, mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SourceError } from '../../app/errors.ts';
import type { GitCredential, SourceFetcher } from '../../app/ports/artifacts.ts';
import { createSourceFetcher } from './fetcher.ts';
import { TestRepository } from './testing/repository.ts';
import { makeKey, SshServer } from './testing/ssh-server.ts';

let shared: string;
let server: SshServer;
let head: string;
let root: string;
let fetcher: SourceFetcher;

beforeAll(async () => {
  shared = await realpath(await mkdtemp(join(tmpdir(), 'git-ssh-')));
  const app = new TestRepository(join(shared, 'app'));
  app.write('a', '1');
  head = app.commit('First');
  server = await SshServer.start(join(shared, 'sshd'));
});
afterAll(async () => {
  await server.close();
  await rm(shared, { recursive: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fetcher with 'blanks' 100% -"));
  fetcher = createSourceFetcher({
    cacheDirectory: join(root, 'cache'),
    allowedHosts: ['127.0.0.1'],
    allowedFileRoots: [],
    timeoutSeconds: 30,
  });
});
afterEach(async () => {
  await fetcher.close();
  await rm(root, { recursive: true });
});

const url = (): string => `ssh://${server.user}@127.0.0.1:${server.port}${shared}/app`;
const key = (changes: Partial<Extract<GitCredential, { kind: 'key' }>> = {}): GitCredential => ({
  kind: 'key',
  name: 'deploy',
  hosts: ['127.0.0.1'],
  privateKey: server.privateKey,
  knownHosts: server.knownHosts,
  ...changes,
});

async function refusal(credential: GitCredential): Promise<string> {
  const words = await fetcher.resolve({ tenant: 'acme', url: url(), credential }).then(
    () => 'nothing refused',
    (error: unknown) => (error instanceof SourceError ? `${error.code}: ${error.message}` : String(error)),
  );
  expect(words).not.toContain('PRIVATE KEY');
  expect((await readdir(join(root, 'cache'))).filter((name) => name.startsWith('private-'))).toEqual([]);
  return words;
}

test('a deploy key opens the repository, also without the line feed at its end', async () => {
  const source = { tenant: 'acme', url: url(), credential: key({ privateKey: server.privateKey.trimEnd() }) };
  expect((await fetcher.resolve(source)).commit).toBe(head);
  await mkdir(join(root, 'tree'));
  await fetcher.checkout({ ...source, commit: head }, join(root, 'tree'));
  expect(await readFile(join(root, 'tree/a'), 'utf8')).toBe('1');
});

test('what there is to deploy is told without anything being kept', async () => {
  const source = { tenant: 'acme', url: url(), credential: key() };
  expect(await fetcher.look(source, new AbortController().signal)).toMatchObject({
    ...{ defaultBranch: 'main', branches: ['main'], found: { commit: head, facts: { message: 'First' } } },
  });
  expect((await readdir(join(root, 'cache'))).toSorted()).toEqual(['gitconfig', 'home']);
});

test('another key is refused, by the credential’s name', async () => {
  const { privateKey } = makeKey(join(root, 'other'));
  expect(await refusal(key({ privateKey }))).toMatch(/^GIT_CREDENTIALS_REFUSED: .*"deploy"/);
});

test('an unknown host key is refused with its fingerprint and what to do', async () => {
  const words = await refusal(key({ knownHosts: '' }));
  expect(words).toMatch(/^GIT_HOST_KEY_UNKNOWN: .*is not known.*ssh-keyscan/);
  expect(words).toContain(server.fingerprint);
});

test('a host key that is another than the known one is refused, and called that', async () => {
  const { publicKey } = makeKey(join(root, 'other'));
  const words = await refusal(key({ knownHosts: `[127.0.0.1]:${server.port} ${publicKey}` }));
  expect(words).toMatch(/^GIT_HOST_KEY_UNKNOWN: .*somebody may be in between/);
  expect(words).toContain(server.fingerprint);
});

test('a key that is none is refused', async () => {
  expect(await refusal(key({ privateKey: 'not a key' }))).toMatch(/^GIT_CREDENTIALS_REFUSED: /);
});

test('a repository that is not there is told from a key that is not taken', async () => {
  const source = { tenant: 'acme', url: `${url()}-none`, credential: key() };
  await expect(fetcher.resolve(source)).rejects.toMatchObject({ code: 'GIT_UNREACHABLE' });
});
