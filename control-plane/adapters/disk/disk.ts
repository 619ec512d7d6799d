/** The disk of a folder, by statfs(2). */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disk, DiskSpace } from '../../app/ports/disk.ts';

/** `directory` may not be there yet: its disk is that of the nearest folder that is. */
export function diskOf(directory: string): Disk {
  return { space: () => spaceOf(directory, directory) };
}

async function spaceOf(directory: string, nearest: string): Promise<DiskSpace> {
  try {
    const { bavail, blocks, bsize } = await statfs(nearest);
    return { directory, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    const parent = dirname(nearest);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === nearest) throw error;
    return spaceOf(directory, parent);
  }
}
