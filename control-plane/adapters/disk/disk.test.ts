import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { diskOf } from './disk.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'cartwright-disk-'))));
afterEach(() => rm(folder, { recursive: true }));

test('a folder is on the disk that the file system says', async () => {
  const { blocks, bsize } = await statfs(folder);
  const space = await diskOf(folder).space();
  expect(space).toMatchObject({ directory: folder, totalBytes: blocks * bsize });
  expect(space.freeBytes).toBeGreaterThanOrEqual(0);
  expect(space.freeBytes).toBeLessThanOrEqual(space.totalBytes);
});

test('a folder that is not there yet will be on the disk of the nearest one that is', async () => {
  const missing = join(folder, 'a', 'b');
  expect(await diskOf(missing).space()).toMatchObject({
    directory: missing,
    totalBytes: (await diskOf(folder).space()).totalBytes,
  });
});
