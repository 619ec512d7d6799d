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
