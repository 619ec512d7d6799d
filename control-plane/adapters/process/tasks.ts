/**
 * One-off tasks as process groups of this machine: each is an agent of its own session with a directory, as an instance is, in a
 * folder of their own. So they outlive the control plane, are found again by their directories and the kernel, and never leave
 * anything running.
 */
import { join, resolve } from 'node:path';
import { taskResult, type TaskResult } from '../../../schema/agent/task.ts';
import type { ObservedInstance } from '../../app/ports/provider.ts';
import type { ObservedTask, TaskOutput, TaskProvider, TaskRequest } from '../../app/ports/tasks.ts';
import { InstanceFolders } from './folder.ts';
import { readBounded, withFile } from './foreign-file.ts';
import type { ProcessProviderOptions } from './options.ts';
import { createProcessProvider } from './provider.ts';

const MOST_BYTES_AT_ONCE = 64 * 1024;
const LARGEST_RESULT = 1024 ** 2;

/** One-off tasks, and what is declared for those that run. */
export interface ProcessTasks extends TaskProvider {
  /** Memory that the tasks that run, or are being started, may use by their declaration. */
  declaredMemoryBytes(): Promise<number>;
}

/** Opens the tasks of a data folder and adopts what runs there. Throws as `createProcessProvider`. */
export async function createProcessTasks(options: ProcessProviderOptions): Promise<ProcessTasks> {
  const dataDirectory = join(options.dataDirectory, 'tasks');
  const processes = await createProcessProvider({ ...options, dataDirectory });
  const folders = new InstanceFolders(join(resolve(dataDirectory), 'instances'));
  /** What a task wrote has to be its user's, where it has one of its own: it may have put a link to something else there. */
  const ownerOf = async (task: string): Promise<number | undefined> => (await folders.read(task))?.document.user;

  async function observed({ instance, state, detail }: ObservedInstance): Promise<ObservedTask> {
    if (state !== 'gone') return { task: instance, state: 'running', isBegun: true };
    const { directory } = folders.paths(instance);
    const result = await readResult(join(directory, 'result.json'), instance, await ownerOf(instance));
    return { task: instance, state: 'ended', isBegun: true, result, detail: detail ?? 'its agent has ended' };
  }

  async function find(task: string): Promise<ObservedTask | undefined> {
    const instance = (await processes.list()).find((one) => one.instance === task);
    return instance && observed(instance);
  }

  return {
    asksForTokens: false,
    list: async () => Promise.all((await processes.list()).map(observed)),
    unseen: () => [],
    observe: find,
    async start({ document, token }: TaskRequest): Promise<void> {
      await processes.create({ document, token, fixedPorts: {} });
    },
    stop: (task, graceSeconds) => processes.stop(task, graceSeconds),
    async output(task, from): Promise<TaskOutput> {
      const { logs } = folders.paths(task);
      const owner = await ownerOf(task);
      const [stdout, stderr] = await Promise.all([
        readFrom(join(logs, 'stdout.log'), from.stdout, owner),
        readFrom(join(logs, 'stderr.log'), from.stderr, owner),
      ]);
      return { stdout, stderr };
    },
    // What it printed lies in its folder.
    settled: async () => undefined,
    remove: (task) => processes.remove(task),
    declaredMemoryBytes: () => processes.declaredMemoryBytes(),
    onChange: (listener) => processes.onChange(listener),
    close: () => processes.close(),
  };
}

async function readResult(path: string, task: string, owner: number | undefined): Promise<TaskResult | null> {
  const text = await readBounded(path, LARGEST_RESULT, owner);
  if (text === undefined) return null;
  try {
    const result = taskResult.parse(JSON.parse(text));
    return result.task === task ? result : null;
  } catch {
    // Written whole or not at all: what is no result was not written by an agent, and says nothing.
    return null;
  }
}

async function readFrom(path: string, from: number, owner: number | undefined): Promise<Buffer> {
  const read = await withFile(
    path,
    async (file) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES_AT_ONCE), 0, MOST_BYTES_AT_ONCE, from);
      return buffer.subarray(0, bytesRead);
    },
    owner,
  );
  return read ?? Buffer.alloc(0);
}
