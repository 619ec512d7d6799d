import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import { openStore, type DatabaseStore } from './adapters/database/store.ts';
import { addKey } from './adapters/secrets/key-file.ts';
import type { Vault } from './app/ports/vault.ts';
import { openVault } from './open-vault.ts';

const identity = { uid: '01h', tenant: 'acme', name: 'DB_PASSWORD', version: 1 };
let folder: string;
let path: string;
let store: DatabaseStore;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-vault-'));
  path = join(folder, 'secret.keys');
  store = await openStore({ directory: folder });
  lines = [];
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

function open(): Promise<Vault> {
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  return openVault(store, path, logger, Date.parse('2026-03-01'));
}

async function keep(vault: Vault): Promise<void> {
  await store.secretVersions.save({
    ...identity,
    owner: 'shop',
    delivery: 'environment',
    createdAt: 1,
    createdBy: 'ann',
    retiredAt: null,
    revokedAt: null,
    revokedBy: null,
    sealed: vault.seal(identity, 'hunter2'),
  });
}

const stored = async () => (await store.secretVersions.get(identity.uid))!.sealed!;

test('the first start makes the file, and the next one reads it', async () => {
  await keep(await open());
  expect((await open()).open(identity, await stored())).toBe('hunter2');
  expect(lines.filter((line) => line.includes('keep a copy'))).toHaveLength(1);
});

test('a key that was added encrypts what is stored at the next start, and the old one can go', async () => {
  const first = await open();
  await keep(first);
  const [, added] = await addKey(path, Date.parse('2026-04-01'));
  expect((await open()).currentKey).toBe(added!.id);
  expect((await stored()).key).toBe(added!.id);
  expect(lines.at(-1)).toContain(first.currentKey);
  const text = await readFile(path, 'utf8');
  const without = text.split('\n').filter((line) => !line.startsWith(first.currentKey!));
  await writeFile(path, without.join('\n'));
  expect((await open()).open(identity, await stored())).toBe('hunter2');
});

test('a lost file is not replaced unasked: the log names the secrets, and the start goes on', async () => {
  await keep(await open());
  await rm(path);
  lines = [];
  const vault = await open();
  expect(vault.currentKey).toBeUndefined();
  expect(lines.join('')).toContain('put it back');
  expect(lines.join('')).toContain('version 1 of the secret DB_PASSWORD cannot be read');
  expect(lines.join('')).not.toContain('hunter2');
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});

test('a file that others can read ends the start', async () => {
  await open();
  await chmod(path, 0o644);
  await expect(open()).rejects.toMatchObject({ code: 'KEY_FILE_TOO_OPEN' });
});
