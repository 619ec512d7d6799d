/** Arithmetic over what the kernel says of the application's processes: cumulative, and never going back. */
import { TICKS_PER_SECOND } from './proc.ts';

export interface ProcessReading {
  readonly pid: number;
  readonly startTicks: number;
  readonly parent: number;
  readonly ownTicks: number;
  readonly childTicks: number;
  readonly residentPages: number;
  readonly sharedPages: number;
  /** Nanoseconds run or runnable by thread id. */
  readonly threads: ReadonlyMap<number, number>;
}

interface Totals {
  /** CPU used since counting began, seconds. */
  readonly cpuSeconds: number;
  /** Thread seconds run or runnable since counting began: its rise a second is the mean number of runnable threads. */
  readonly runnableSeconds: number;
}

/**
 * Adds readings up. Processes and threads appear and vanish between readings; what a vanished process used after its last
 * reading comes back in its parent's time of waited-for children, of which what was already counted is taken off.
 */
export class UsageAccounts {
  #previous = new Map<number, ProcessReading>();
  #cpuTicks = 0;
  #runnableNanoseconds = 0;

  /** @param elapsedSeconds time since the previous reading: no thread was runnable for longer. */
  add(readings: readonly ProcessReading[], elapsedSeconds: number): Totals {
    const present = new Map(readings.map((reading) => [reading.pid, reading]));
    const vanished = this.#vanishedByParent(present);
    for (const reading of readings) {
      const before = this.#previousOf(reading);
      const own = Math.max(0, reading.ownTicks - (before?.ownTicks ?? 0));
      const children = reading.childTicks - (before?.childTicks ?? 0) - (vanished.get(reading.pid) ?? 0);
      const unseen = Math.max(0, children);
      this.#cpuTicks += own + unseen;
      this.#runnableNanoseconds += (unseen / TICKS_PER_SECOND) * 1e9 + runnable(reading, before, elapsedSeconds);
    }
    this.#previous = present;
    return { cpuSeconds: this.#cpuTicks / TICKS_PER_SECOND, runnableSeconds: this.#runnableNanoseconds / 1e9 };
  }

  #previousOf(reading: ProcessReading): ProcessReading | undefined {
    const before = this.#previous.get(reading.pid);
    return before?.startTicks === reading.startTicks ? before : undefined;
  }

  /** What was already counted of vanished processes, by the pid of the nearest ancestor that still lives. */
  #vanishedByParent(present: ReadonlyMap<number, ProcessReading>): Map<number, number> {
    const byParent = new Map<number, number>();
    const lives = (reading: ProcessReading) => present.get(reading.pid)?.startTicks === reading.startTicks;
    for (const before of this.#previous.values()) {
      if (lives(before)) continue;
      let heir = before.parent;
      for (let depth = 0; depth < 64; depth += 1) {
        const ancestor = this.#previous.get(heir);
        if (!ancestor || lives(ancestor)) break;
        heir = ancestor.parent;
      }
      byParent.set(heir, (byParent.get(heir) ?? 0) + before.ownTicks + before.childTicks);
    }
    return byParent;
  }
}

function runnable(reading: ProcessReading, before: ProcessReading | undefined, elapsedSeconds: number): number {
  const most = elapsedSeconds * 1e9;
  let sum = 0;
  for (const [thread, nanoseconds] of reading.threads) {
    sum += Math.min(most, Math.max(0, nanoseconds - (before?.threads.get(thread) ?? 0)));
  }
  return sum;
}

/**
 * Memory of several processes together, pages: what each has for itself, and the largest shared part once. (Pages that
 * forked processes still share with their parent by copy-on-write are counted in each: an upper bound.)
 */
export function memoryPages(readings: readonly ProcessReading[]): number {
  let pages = 0;
  let shared = 0;
  for (const { residentPages, sharedPages } of readings) {
    pages += residentPages - sharedPages;
    shared = Math.max(shared, sharedPages);
  }
  return pages + shared;
}
