/**
 * Reading files that an instance may have put in place itself, as another user: no link is followed, nothing that would keep
 * the reader waiting (a pipe) is opened, and no more is read than was asked for.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** What is not there, or not what it should be. */
const NOT_READABLE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EISDIR']);

/** Runs `work` on an open regular file; `undefined` when there is none. It has to be `owner`'s, if that is said. */
export async function withFile<T>(
  path: string,
  work: (file: FileHandle, size: number) => Promise<T>,
  owner?: number,
): Promise<T | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (NOT_READABLE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  try {
    const stats = await file.stat();
    // A hard link to what is somebody else's has that one as its owner.
    if (!stats.isFile() || (owner !== undefined && stats.uid !== owner)) return undefined;
    return await work(file, stats.size);
  } finally {
    await file.close();
  }
}

/** The text of a file; `undefined` when there is none, it is larger than `mostBytes`, or not `owner`'s, if that is said. */
export function readBounded(path: string, mostBytes: number, owner?: number): Promise<string | undefined> {
  return withFile(
    path,
    async (file, size) => {
      if (size > mostBytes) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
      return buffer.toString('utf8', 0, bytesRead);
    },
    owner,
  );
}
