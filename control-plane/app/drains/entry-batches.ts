/** The entries of a log in batches: as many as are there, up to a limit, without waiting long for more. */
import type { LogEntry } from '../../domain/logs/entry.ts';
import type { Clock } from '../ports/clock.ts';
import type { ApplicationLogs, LogOwner } from '../ports/logs.ts';

const MOST_ENTRIES = 500;
const MOST_CHARACTERS = 512 * 1024;
/** How long a batch waits for another entry. */
const PATIENCE_MILLISECONDS = 100;

type Next = IteratorResult<LogEntry, unknown>;

export class EntryBatches {
  readonly #feed: AsyncIterator<LogEntry>;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  /** The entry that is asked for and has not come. */
  #pending: Promise<Next> | undefined;

  constructor(logs: ApplicationLogs, application: LogOwner, after: number, clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    const both = AbortSignal.any([signal, this.#end.signal]);
    this.#feed = logs.follow(application, { filter: {}, after }, both)[Symbol.asyncIterator]();
  }

  /** At least one entry; `undefined` when the log has ended. */
  async next(): Promise<LogEntry[] | undefined> {
    const first = await this.#pull();
    if (first.done === true) return undefined;
    const batch = [first.value];
    let characters = sizeOf(first.value);
    while (batch.length < MOST_ENTRIES && characters < MOST_CHARACTERS) {
      const entry = await this.#soon();
      if (entry === undefined || entry.done === true) break;
      batch.push(entry.value);
      characters += sizeOf(entry.value);
    }
    return batch;
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#pending;
  }

  #pull(): Promise<Next> {
    const pending = this.#pending ?? this.#feed.next();
    this.#pending = pending;
    return pending.finally(() => (this.#pending = undefined));
  }

  /** `undefined` when nothing comes soon; it is not lost then. */
  async #soon(): Promise<Next | undefined> {
    const pending = this.#pending ?? this.#feed.next();
    this.#pending = pending;
    let timer: { cancel(): void } | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = this.#clock.setTimeout(() => resolve(undefined), PATIENCE_MILLISECONDS);
    });
    const next = await Promise.race([pending, late]);
    timer?.cancel();
    if (next !== undefined) this.#pending = undefined;
    return next;
  }
}

function sizeOf(entry: LogEntry): number {
  return 100 + (entry.kind === 'line' ? entry.text.length : 0);
}
