/** Reads what the application's processes use, from a few files of the kernel that are kept open. */
import { readdirSync, readFileSync } from 'node:fs';
import { parsePageSize, parseProcessStat, parseSchedstat, parseStatm, type ProcessStat } from './proc.ts';
import type { ProcessTree } from './process-tree.ts';
import { isVanished, ReusedFile } from './reused-file.ts';
import type { ProcessReading } from './usage.ts';

/** Threads of one process whose files are kept open; those beyond are opened for each reading. */
const MAX_OPEN_THREADS = 256;

export function pageSizeBytes(): number {
  return parsePageSize(readFileSync('/proc/self/smaps', 'latin1').slice(0, 4096)) ?? 4096;
}

class ProcessFiles {
  readonly startTicks: number;
  readonly #pid: number;
  readonly #stat: ReusedFile;
  readonly #statm: ReusedFile;
  readonly #threads = new Map<number, ReusedFile>();

  constructor(stat: ProcessStat) {
    this.startTicks = stat.startTicks;
    this.#pid = stat.pid;
    this.#stat = new ReusedFile(`/proc/${stat.pid}/stat`);
    this.#statm = new ReusedFile(`/proc/${stat.pid}/statm`);
  }

  read(): ProcessReading | undefined {
    const stat = parseProcessStat(this.#stat.read() ?? '');
    if (!stat || stat.startTicks !== this.startTicks) return undefined;
    const memory = parseStatm(this.#statm.read() ?? '');
    return {
      pid: stat.pid,
      startTicks: stat.startTicks,
      parent: stat.parent,
      ownTicks: stat.ownTicks,
      childTicks: stat.childTicks,
      residentPages: memory?.resident ?? 0,
      sharedPages: memory?.shared ?? 0,
      threads: this.#readThreads(),
    };
  }

  #readThreads(): Map<number, number> {
    const times = new Map<number, number>();
    for (const thread of this.#threadIds()) {
      const file = this.#threads.get(thread) ?? new ReusedFile(`/proc/${this.#pid}/task/${thread}/schedstat`);
      const time = parseSchedstat(file.read() ?? '');
      if (time !== undefined) times.set(thread, time);
      if (time !== undefined && (this.#threads.has(thread) || this.#threads.size < MAX_OPEN_THREADS))
        this.#threads.set(thread, file);
      else file.close();
    }
    for (const [thread, file] of this.#threads) {
      if (times.has(thread)) continue;
      file.close();
      this.#threads.delete(thread);
    }
    return times;
  }

  #threadIds(): number[] {
    try {
      return readdirSync(`/proc/${this.#pid}/task`).map(Number);
    } catch (error) {
      if (isVanished(error)) return [];
      throw error;
    }
  }

  close(): void {
    this.#stat.close();
    this.#statm.close();
    for (const file of this.#threads.values()) file.close();
    this.#threads.clear();
  }
}

export class ProcessReader {
  readonly #files = new Map<number, ProcessFiles>();

  /** One reading of each living process of the tree. */
  read(tree: ProcessTree): ProcessReading[] {
    const readings: ProcessReading[] = [];
    for (const member of tree.look()) {
      const reading = this.#filesOf(member).read();
      if (reading) readings.push(reading);
    }
    const living = new Set(readings.map(({ pid }) => pid));
    for (const [pid, files] of this.#files) if (!living.has(pid)) this.#forget(pid, files);
    return readings;
  }

  #filesOf(member: ProcessStat): ProcessFiles {
    const known = this.#files.get(member.pid);
    if (known?.startTicks === member.startTicks) return known;
    known?.close();
    const files = new ProcessFiles(member);
    this.#files.set(member.pid, files);
    return files;
  }

  #forget(pid: number, files: ProcessFiles): void {
    files.close();
    this.#files.delete(pid);
  }

  close(): void {
    for (const [pid, files] of this.#files) this.#forget(pid, files);
  }
}
