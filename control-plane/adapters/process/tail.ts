/** The last lines that an instance's processes left in its log files. */
import { lstat, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { withFile } from './foreign-file.ts';

const TAIL_BYTES = 64 * 1024;
const AGENT_LOG = 'agent.log';

/** The last lines of one file, oldest first; a first line that may be cut off is left out. */
async function tailOfFile(path: string, lines: number, owner: number | undefined): Promise<string[]> {
  const read = async (file: FileHandle, size: number) => {
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const all = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (start > 0) all.shift();
    return all.filter((line) => line.trim() !== '').slice(-lines);
  };
  return (await withFile(path, read, owner)) ?? [];
}

/**
 * The last lines of the application's output; of the agent's own log where the application left nothing. The files have no
 * common clock: they are read in order of their last change, so that what was written last is at the end.
 * @param owner user id that the files have to have, where the instance has one of its own
 */
export async function tailOfLogs(directory: string, lines: number, owner?: number): Promise<string[]> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.log'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return { name, path, changedAt: (await lstat(path)).mtimeMs };
    }),
  );
  files.sort((a, b) => a.changedAt - b.changedAt);
  const read = async (chosen: typeof files) =>
    (await Promise.all(chosen.map(({ path }) => tailOfFile(path, lines, owner)))).flat().slice(-lines);
  const application = await read(files.filter(({ name }) => name !== AGENT_LOG));
  return application.length > 0 ? application : read(files.filter(({ name }) => name === AGENT_LOG));
}
