/** Makes a folder empty again, itself left as it is. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export async function emptyFolder(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true });
}
