/** Small files that are either the old or the new version, whatever happens in between. */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';

let counter = 0;

/** Writes beside the file, flushes to the disk and renames over it. The mode holds from the first byte on. */
export async function writeAtomically(path: string, content: string, mode = 0o600): Promise<void> {
  counter += 1;
  const beside = `${path}.${process.pid}-${counter}.new`;
  const file = await open(beside, 'w', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

/** The text of a file; `undefined` when there is none. Other errors are thrown. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
