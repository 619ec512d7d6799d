/** Opening files that an application names, without being led out of its folder. */
import { constants } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** The file lies elsewhere, or is none that can be read as one: a device, a pipe, a folder. */
export class NotInside extends Error {}

/**
 * Opens a regular file for reading; links are followed as long as they stay inside. `undefined` when it is not there.
 * Rejects with {@link NotInside}. Where the path leads is asked of the kernel once more when it is open, since the
 * application may change it meanwhile.
 */
export async function openInside(root: string, path: string): Promise<FileHandle | undefined> {
  let handle: FileHandle | undefined;
  try {
    const home = await realpath(root);
    const real = await realpath(join(root, path));
    if (!isBelow(home, real)) throw new NotInside(`${path} leads out of its folder`);
    // Without O_NONBLOCK the open of a pipe waits for a writer.
    handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    if (!(await handle.stat()).isFile()) throw new NotInside(`${path} is no regular file`);
    const opened = await readlink(`/proc/self/fd/${handle.fd}`);
    if (!isBelow(home, opened)) throw new NotInside(`${path} leads out of its folder`);
    return handle;
  } catch (error) {
    await handle?.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP') throw new NotInside(`${path} is a link that changes`, { cause: error });
    throw error;
  }
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
