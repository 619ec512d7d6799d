/** The control group (version 2) of the application, where the provider has made one: the kernel holds it to its memory there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlat } from './cgroup.ts';
import { isVanished } from './reused-file.ts';

export class MemoryGroup {
  readonly #folder: string;
  readonly #onError: (error: Error) => void;

  /** @param onError told when a process could not be put into the group: it runs on without */
  constructor(folder: string, onError: (error: Error) => void) {
    this.#folder = folder;
    this.#onError = onError;
  }

  /** Puts a process that was just started, and what it starts from now on, into the group. */
  take(pid: number): void {
    try {
      writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
    } catch (error) {
      this.#onError(error as Error);
    }
  }

  /** Processes that the kernel has ended in the group because its memory was used up, since the group was made. */
  kills(): number {
    try {
      return parseFlat(readFileSync(join(this.#folder, 'memory.events'), 'latin1'), 'oom_kill') ?? 0;
    } catch (error) {
      if (isVanished(error)) return 0;
      throw error;
    }
  }
}
