/** How large a folder is. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all files below a folder; stops counting once `limit` is passed. What disappears meanwhile counts nothing. */
export async function treeBytes(directory: string, limit: number): Promise<number> {
  let bytes = 0;
  const folders = [directory];
  while (folders.length > 0 && bytes <= limit) {
    const folder = folders.pop()!;
    for (const entry of await present(readdir(folder, { withFileTypes: true }), [])) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile())
        bytes += await present(
          lstat(path).then(({ size }) => size),
          0,
        );
    }
  }
  return bytes;
}

async function present<T>(found: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return otherwise;
    throw error;
  }
}
