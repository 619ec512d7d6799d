/** Reads the own cgroup: CPU used, working set, limit, throttling and pressure. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateCgroup, parseFlat, parseLimit, parsePressure, parseSingle, type CgroupPaths } from './cgroup.ts';
import { ReusedFile } from './reused-file.ts';

export interface CgroupReading {
  readonly cpuSeconds: number;
  /** Usage without the page cache that the kernel would give back first (as kubelet computes it), bytes. */
  readonly workingSetBytes: number;
  /** Absent: the cgroup has no limit of its own. */
  readonly limitBytes: number | undefined;
  readonly throttledSeconds: number | undefined;
  readonly cpuPressure: number | undefined;
  readonly memoryPressure: number | undefined;
}

export class CgroupReader {
  readonly #paths: CgroupPaths;
  readonly #files = new Map<string, ReusedFile>();

  constructor(paths: CgroupPaths) {
    this.#paths = paths;
  }

  /** `undefined` when this process's cgroup cannot be found. */
  static ofThisProcess(): CgroupReader | undefined {
    const paths = locateCgroup(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'));
    return paths && new CgroupReader(paths);
  }

  /** `undefined` when CPU or memory cannot be read. */
  read(): CgroupReading | undefined {
    const { cpuSeconds, workingSetBytes, ...rest } = this.#paths.version === 2 ? this.#readV2() : this.#readV1();
    if (cpuSeconds === undefined || workingSetBytes === undefined) return undefined;
    return { cpuSeconds, workingSetBytes, ...rest };
  }

  #readV2() {
    const { cpu, memory } = this.#paths;
    const cpuStat = this.#text(cpu, 'cpu.stat');
    const throttled = parseFlat(cpuStat, 'throttled_usec');
    return {
      cpuSeconds: scaled(parseFlat(cpuStat, 'usage_usec'), 1e6),
      workingSetBytes: workingSet(
        parseSingle(this.#text(memory, 'memory.current')),
        parseFlat(this.#text(memory, 'memory.stat'), 'inactive_file'),
      ),
      limitBytes: parseLimit(this.#text(memory, 'memory.max')),
      throttledSeconds: scaled(throttled, 1e6),
      cpuPressure: parsePressure(this.#text(cpu, 'cpu.pressure')),
      memoryPressure: parsePressure(this.#text(memory, 'memory.pressure')),
    };
  }

  #readV1() {
    const { cpu, cpuAccounting, memory } = this.#paths;
    return {
      cpuSeconds: scaled(parseSingle(this.#text(cpuAccounting, 'cpuacct.usage')), 1e9),
      workingSetBytes: workingSet(
        parseSingle(this.#text(memory, 'memory.usage_in_bytes')),
        parseFlat(this.#text(memory, 'memory.stat'), 'total_inactive_file'),
      ),
      limitBytes: parseLimit(this.#text(memory, 'memory.limit_in_bytes')),
      throttledSeconds: scaled(parseFlat(this.#text(cpu, 'cpu.stat'), 'throttled_time'), 1e9),
      cpuPressure: undefined,
      memoryPressure: undefined,
    };
  }

  #text(folder: string, name: string): string {
    const path = join(folder, name);
    let file = this.#files.get(path);
    if (!file) this.#files.set(path, (file = new ReusedFile(path)));
    return file.read() ?? '';
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }
}

function scaled(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : value / unit;
}

function workingSet(usage: number | undefined, inactiveFile: number | undefined): number | undefined {
  return usage === undefined ? undefined : Math.max(0, usage - (inactiveFile ?? 0));
}
