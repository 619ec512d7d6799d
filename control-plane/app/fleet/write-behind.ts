/**
 * A queue of records on their way to the store, for what nothing waits for. It keeps the newest version of each record and
 * tries again while the store is away; a record that the store can never take does not hold up the others.
 */
import { CartwrightError, StoreUnavailable } from '../errors.ts';
import type { Clock, Timer } from '../ports/clock.ts';

const RETRY_MILLISECONDS = 1000;

export interface WriteBehindOptions<T> {
  readonly save: (record: T) => Promise<void>;
  /** Told of each write that failed, and of each record that was given up. */
  readonly onFailure: (error: unknown) => void;
  readonly onSaved?: (record: T) => void;
  /** Records that may wait; the oldest are given up beyond it. Unlimited if absent. */
  readonly most?: number;
  readonly clock: Clock;
}

export class WriteBehind<T extends { readonly uid: string }> {
  readonly #options: WriteBehindOptions<T>;
  readonly #pending = new Map<string, T>();
  #writing: Promise<void> | null = null;
  #retry: Timer | null = null;
  #closed = false;

  constructor(options: WriteBehindOptions<T>) {
    this.#options = options;
  }

  /** Takes a record, or a newer version of it; the order of different records is that of their first versions. */
  put(record: T): void {
    this.#pending.set(record.uid, record);
    this.#limit();
    this.#flush();
  }

  /** Resolves when everything put so far is stored, or has failed once more. */
  async settle(): Promise<void> {
    // A round under way may have given up on the database before it came to the newest records.
    await this.#writing;
    this.#retry?.cancel();
    this.#retry = null;
    this.#flush();
    await this.#writing;
  }

  /** Settles, and never tries again by itself afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settle();
  }

  #flush(): void {
    if (this.#writing !== null || this.#retry !== null || this.#pending.size === 0) return;
    this.#writing = this.#write();
  }

  /** Until nothing is left that has not failed in this round. */
  async #write(): Promise<void> {
    const failed = new Set<T>();
    for (;;) {
      const record = firstOutside(this.#pending.values(), failed);
      if (record === undefined || !(await this.#save(record, failed))) break;
    }
    // Here and not in a later microtask: a record that is put in between would find nobody at work.
    this.#writing = null;
    if (this.#pending.size > 0 && !this.#closed) this.#retryLater();
  }

  /** Whether there is a point in going on with the next one. */
  async #save(record: T, failed: Set<T>): Promise<boolean> {
    try {
      await this.#options.save(record);
    } catch (error) {
      this.#options.onFailure(error);
      // The next one would only wait for the same database.
      if (error instanceof StoreUnavailable) return false;
      failed.add(record);
      // What the store refuses for what it is (a text that it cannot hold, another holder) it refuses for good.
      if (error instanceof CartwrightError) this.#forget(record);
      return true;
    }
    this.#forget(record);
    this.#options.onSaved?.(record);
    return true;
  }

  /** Removes what was dealt with, unless a newer version came meanwhile. */
  #forget(record: T): void {
    if (this.#pending.get(record.uid) === record) this.#pending.delete(record.uid);
  }

  #limit(): void {
    const { most, onFailure } = this.#options;
    if (most === undefined || this.#pending.size <= most) return;
    const [oldest] = this.#pending.keys();
    this.#pending.delete(oldest!);
    onFailure(new Error(`more than ${most} records wait for the database; the oldest of them, ${oldest}, is given up`));
  }

  #retryLater(): void {
    this.#retry ??= this.#options.clock.setTimeout(() => {
      this.#retry = null;
      this.#flush();
    }, RETRY_MILLISECONDS);
  }
}

function firstOutside<T>(records: Iterable<T>, others: ReadonlySet<T>): T | undefined {
  for (const record of records) if (!others.has(record)) return record;
  return undefined;
}
