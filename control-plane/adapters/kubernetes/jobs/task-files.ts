/** What one-off tasks in host clusters print, and their results, in a folder for each: as their agents bring them. */
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isId } from '../../../../schema/ids.ts';
import { MOST_HELD_BYTES, MOST_RESULT_BYTES, taskResult, type TaskResult } from '../../../../schema/agent/task.ts';
import type { TaskFiles } from '../../../app/host-clusters/task-fleet.ts';
import type { TaskInbox, TaskOutput, TaskOutputPlace } from '../../../app/ports/tasks.ts';
import { KeyedSerial } from '../../keyed-serial.ts';
import { readBounded } from '../../process/foreign-file.ts';

const MOST_BYTES_AT_ONCE = 64 * 1024;

export interface StoredTasks extends TaskFiles, TaskInbox {
  resultOf(task: string): Promise<TaskResult | undefined>;
}

/** The folder is made where it is not there. */
export async function openTaskFiles(directory: string): Promise<StoredTasks> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const serials = new KeyedSerial();
  const folderOf = (task: string): string => {
    if (!isId(task)) throw new Error(`${JSON.stringify(task)} is no id`);
    return join(directory, task);
  };
  return {
    list: () => readdir(directory),
    append: (task, stream, from, bytes) =>
      serials.run(task, () => append(folderOf(task), `${stream}.log`, from, bytes)),
    async finish(task, result) {
      const folder = folderOf(task);
      await serials.run(task, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const path = join(folder, 'result.json');
        if ((await readBounded(path, MOST_RESULT_BYTES)) !== undefined) return;
        await writeFile(`${path}.new`, JSON.stringify(result), { mode: 0o600, flush: true });
        await rename(`${path}.new`, path);
      });
    },
    async resultOf(task) {
      const text = await readBounded(join(folderOf(task), 'result.json'), MOST_RESULT_BYTES);
      return text === undefined ? undefined : taskResult.parse(JSON.parse(text));
    },
    async output(task, from): Promise<TaskOutput> {
      const folder = folderOf(task);
      const read = (stream: keyof TaskOutputPlace) => readFrom(join(folder, `${stream}.log`), from[stream]);
      const [stdout, stderr] = await Promise.all([read('stdout'), read('stderr')]);
      return { stdout, stderr };
    },
    remove: (task) => serials.run(task, () => rm(folderOf(task), { recursive: true, force: true })),
  };
}

/** Bytes that are there already are the same ones: they are brought again after an answer that was lost. */
async function append(folder: string, name: string, from: number, bytes: Buffer): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await using file = await open(join(folder, name), 'a', 0o600);
  const { size } = await file.stat();
  const known = size - from;
  if (known < 0 || known >= bytes.length) return size;
  const news = bytes.subarray(known, known + Math.max(0, MOST_HELD_BYTES - size));
  await file.appendFile(news);
  return size + news.length;
}

async function readFrom(path: string, from: number): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES_AT_ONCE), 0, MOST_BYTES_AT_ONCE, from);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
