/**
 * Whether an application keeps to the memory that was declared for it, where no control group of its own does: on a machine
 * that it shares with others, one that grows without end would take theirs.
 */
import { readFileSync } from 'node:fs';
import type { ProcessTree } from './process-tree.ts';
import { isVanished } from './reused-file.ts';

/** Samples in a row, a second apart, in which it has to be over the limit. */
const SAMPLES = 3;
/** Over the limit by this factor, one sample is enough: what grows so fast leaves no time. */
const AT_ONCE = 2;

export interface MemoryExcess {
  readonly memoryBytes: number;
  readonly limitBytes: number;
  /** Samples in a row that were over the limit. */
  readonly samples: number;
}

/**
 * `/proc/PID/smaps_rollup` (proc(5)): what the kernel cannot give back by itself, bytes: anonymous and shared memory, a page
 * that several processes have divided among them. Files that are mapped do not count. `undefined` for anything else.
 */
export function parseOwnMemory(text: string): number | undefined {
  const anonymous = /^Pss_Anon:\s+(\d{1,15}) kB$/m.exec(text) ?? /^Anonymous:\s+(\d{1,15}) kB$/m.exec(text);
  if (!anonymous) return undefined;
  const sharedMemory = /^Pss_Shmem:\s+(\d{1,15}) kB$/m.exec(text);
  return (Number(anonymous[1]) + Number(sharedMemory?.[1] ?? 0)) * 1024;
}

/** Memory of all processes together that only their end gives back, bytes; one that ends meanwhile has none. */
export function ownMemoryBytes(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    try {
      sum += parseOwnMemory(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? 0;
    } catch (error) {
      if (!isVanished(error)) throw error;
    }
  }
  return sum;
}

export class MemoryLimit {
  readonly #limitBytes: number;
  readonly #measure: (pids: readonly number[]) => number;
  #tree: ProcessTree | undefined;
  #over = 0;

  /** @param limitBytes the declared memory */
  constructor(limitBytes: number, measure: (pids: readonly number[]) => number = ownMemoryBytes) {
    this.#limitBytes = limitBytes;
    this.#measure = measure;
  }

  /**
   * Judges one sample; an excess when it is time to end the application. The exact figure costs the kernel a walk through the
   * page tables, so it is asked for only when the rough one is over.
   * @param roughBytes at least what is in use: the sample's own figure, mapped files included
   */
  judge(tree: ProcessTree | undefined, roughBytes: number): MemoryExcess | undefined {
    if (tree !== this.#tree) this.#over = 0;
    this.#tree = tree;
    const memoryBytes = tree && roughBytes > this.#limitBytes ? this.#measure(tree.living().map(({ pid }) => pid)) : 0;
    this.#over = memoryBytes > this.#limitBytes ? this.#over + 1 : 0;
    if (this.#over < SAMPLES && memoryBytes <= AT_ONCE * this.#limitBytes) return undefined;
    return { memoryBytes, limitBytes: this.#limitBytes, samples: this.#over };
  }
}
