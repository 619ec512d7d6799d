/** What lies in a folder, and its removal. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredThing } from '../../domain/collection/holdings.ts';
import { treeBytes } from '../builder/tree-size.ts';
import { removeTree } from '../users/access.ts';

/** Files with their size, folders without; none where the folder itself is not there. */
export async function listFolder(directory: string): Promise<StoredThing[]> {
  const things: StoredThing[] = [];
  for (const name of (await unlessMissing(readdir(directory))) ?? []) {
    const stats = await unlessMissing(lstat(join(directory, name)));
    if (stats === undefined) continue;
    things.push({ name, bytes: stats.isFile() ? stats.size : 0, modifiedAt: Math.trunc(stats.mtimeMs) });
  }
  return things;
}

/** Removes a file or a folder, if it is there; answers the bytes that it took. */
export async function removeMeasured(path: string): Promise<number> {
  const stats = await unlessMissing(lstat(path));
  if (stats === undefined) return 0;
  const bytes = stats.isFile() ? stats.size : await treeBytes(path, Number.MAX_SAFE_INTEGER);
  await removeTree(path);
  return bytes;
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
