import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addKey, createKeyFile, readKeyFile } from './key-file.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-keys-'));
  path = join(folder, 'below', 'secret.keys');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  return work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as { code: string; message: string },
  );
}

test('a file that is not there is no error, and holds no keys', async () => {
  expect(await readKeyFile(path)).toBeUndefined();
});

test('a new file holds one random key that only its owner reads, below a folder that only its owner enters', async () => {
  const [key, ...others] = await createKeyFile(path, NOW);
  expect(others).toEqual([]);
  expect(key!.bytes).toHaveLength(32);
  expect(key!.createdAt).toBe('2026-03-01T12:00:00.000Z');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'below'))).mode & 0o777).toBe(0o700);
  expect(await readKeyFile(path)).toEqual([key]);
  expect(await readdir(join(folder, 'below'))).toEqual(['secret.keys']);
  const [other] = await createKeyFile(join(folder, 'other.keys'), NOW);
  expect(other!.bytes.equals(key!.bytes)).toBe(false);
});

test('making a file that is there already leaves it as it is', async () => {
  const before = await createKeyFile(path, NOW);
  expect(await createKeyFile(path, NOW + 1)).toEqual(before);
});

test('a key that is added comes last, and those before stay', async () => {
  const [first] = await createKeyFile(path, NOW);
  const added = await addKey(path, NOW + 1000);
  expect(added).toHaveLength(2);
  expect(added[0]).toEqual(first);
  expect(await readKeyFile(path)).toEqual(added);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('adding a key where there is no file makes it', async () => {
  expect(await addKey(path, NOW)).toHaveLength(1);
});

describe('a file is refused', () => {
  test.each([0o640, 0o604, 0o660, 0o602])('that others may read or change (mode %o)', async (mode) => {
    await createKeyFile(path, NOW);
    await chmod(path, mode);
    const { code, message } = await refusal(readKeyFile(path));
    expect(code).toBe('KEY_FILE_TOO_OPEN');
    expect(message).toContain(`chmod 600 ${path}`);
  });

  test.each([
    ['whose key was changed', (text: string) => text.replace(/(?<=Z )./, (first) => (first === 'A' ? 'B' : 'A'))],
    ['whose key was cut off', (text: string) => text.trimEnd().slice(0, -8)],
    ['with words behind the key', (text: string) => `${text.trimEnd()} more\n`],
    ['that is another file', () => '{"a": 1}'],
  ])('%s, and the message names the line and holds no key', async (_name, change) => {
    const [key] = await createKeyFile(path, NOW);
    const text = change(await readFile(path, 'utf8'));
    await writeFile(path, text);
    const { code, message } = await refusal(readKeyFile(path));
    expect(code).toBe('KEY_FILE_INVALID');
    expect(message).toMatch(/line \d/);
    expect(message).not.toContain(key!.bytes.toString('base64').slice(0, 10));
  });

  test('that is empty', async () => {
    await writeFile(join(folder, 'empty'), '# nothing\n', { mode: 0o600 });
    expect(await refusal(readKeyFile(join(folder, 'empty')))).toMatchObject({ code: 'KEY_FILE_INVALID' });
  });

  test('that is far too long to be one', async () => {
    await writeFile(join(folder, 'long'), '#'.repeat(100_000), { mode: 0o600 });
    expect(await refusal(readKeyFile(join(folder, 'long')))).toMatchObject({ code: 'KEY_FILE_INVALID' });
  });

  test('that is a folder', async () => {
    await mkdir(join(folder, 'a-folder'), { mode: 0o700 });
    const { code, message } = await refusal(readKeyFile(join(folder, 'a-folder')));
    expect(code).toBe('KEY_FILE_UNREADABLE');
    expect(message).toContain('it is a folder');
  });

  test('that cannot be made because a file stands where its folder should', async () => {
    await writeFile(join(folder, 'below'), '');
    expect(await refusal(createKeyFile(path, NOW))).toMatchObject({ code: 'KEY_FILE_NOT_WRITABLE' });
  });
});
