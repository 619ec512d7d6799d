/** The control group of the container that this agent runs in: its limit holds for the application and the agent together. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateCgroup, parseFlat, parseLimit, type CgroupPaths } from './cgroup.ts';
import { isVanished } from './reused-file.ts';

export class OwnGroup {
  readonly #paths: Pick<CgroupPaths, 'version' | 'memory'>;

  constructor(paths: Pick<CgroupPaths, 'version' | 'memory'>) {
    this.#paths = paths;
  }

  /** `undefined` when this process's cgroup cannot be found. */
  static ofThisProcess(): OwnGroup | undefined {
    const paths = locateCgroup(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'));
    return paths && new OwnGroup(paths);
  }

  /** `undefined` where it has no limit. */
  get limitBytes(): number | undefined {
    return parseLimit(this.#read(this.#paths.version === 2 ? 'memory.max' : 'memory.limit_in_bytes'));
  }

  /** What is started in a container is in its group. */
  take(): void {
    // Nothing to do.
  }

  /** Processes that the kernel has ended in the container because its memory was used up. */
  kills(): number {
    return parseFlat(this.#read(this.#paths.version === 2 ? 'memory.events' : 'memory.oom_control'), 'oom_kill') ?? 0;
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.#paths.memory, name), 'latin1');
    } catch (error) {
      if (isVanished(error)) return '';
      throw error;
    }
  }
}
