import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBuildFolders } from './folders.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cartwright-builds-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('each build gets an empty folder of its own, which goes with everything in it', async () => {
  const folders = await createBuildFolders(directory);
  const first = await folders.scratch('b1');
  const again = await folders.scratch('b1');
  expect(again.path).not.toBe(first.path);
  expect(await readdir(first.path)).toEqual([]);
  await writeFile(join(first.path, 'server.js'), '');
  await first.remove();
  expect(await readdir(join(directory, 'scratch'))).toHaveLength(1);
});

test('what a crash left of a build is removed at the next start, the caches stay', async () => {
  const before = await createBuildFolders(directory);
  const { path } = await before.scratch('b1');
  await writeFile(join(path, 'server.js'), '');
  await mkdir(before.cache('c1'), { recursive: true });
  await writeFile(join(before.cache('c1'), 'kept'), 'kept');
  const after = await createBuildFolders(directory);
  expect(await readdir(join(directory, 'scratch'))).toEqual([]);
  expect(await readFile(join(after.cache('c1'), 'kept'), 'utf8')).toBe('kept');
});

test('caches are listed with their size, measured again once a build may have used them', async () => {
  const folders = await createBuildFolders(directory);
  const write = (name: string, bytes: number) => writeFile(join(directory, 'cache/c1', name), 'x'.repeat(bytes));
  const bytes = async () => (await folders.caches()).map((cache) => [cache.name, cache.bytes]);
  expect(await bytes()).toEqual([]);
  await mkdir(join(directory, 'cache/c1'), { recursive: true });
  await write('a', 100);
  expect(await bytes()).toEqual([['c1', 100]]);
  folders.cache('c1');
  await write('b', 50);
  expect(await bytes()).toEqual([['c1', 150]]);
  expect(await folders.removeCache('c1')).toBe(150);
  expect(await bytes()).toEqual([]);
});
