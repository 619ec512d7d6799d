/**
 * Sends the log of an application to one receiver, in order, from the log's own files: a receiver that is away for an hour costs
 * no memory and loses nothing, and one that stays away loses what is further behind than it may be. At least once: after a
 * crash the last batch may be sent again.
 */
import type { Logger } from 'pino';
import type { Drain } from '../../../schema/manifests/drain.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import { fullJitter, pause } from '../back-off.ts';
import type { Clock } from '../ports/clock.ts';
import { DrainError, type DrainPositions, type DrainTransport, type DrainTransports } from '../ports/drains.ts';
import type { ApplicationLogs, LogOwner } from '../ports/logs.ts';
import { EntryBatches } from './entry-batches.ts';

/** Entries that a drain may be behind. */
const MOST_BEHIND = 100_000;
const BACK_OFF = { baseMilliseconds: 500, capMilliseconds: 60_000 };
/** Longer than this nobody is left alone. */
const LONGEST_RETRY_AFTER_MILLISECONDS = 300_000;

export interface DrainStatus {
  readonly name: string;
  readonly type: Drain['type'];
  readonly url: string;
  /** `idle`: nothing was to be sent yet. `sending`: the last batch was taken. `retrying`: it was not, and is tried again. */
  readonly state: 'idle' | 'sending' | 'retrying';
  /** Lines and gaps since the control plane started. */
  readonly sent: number;
  readonly dropped: number;
  /** Entries of the log that have not been sent. */
  readonly behind: number;
  /** Milliseconds since the epoch. */
  readonly lastSentAt: number | null;
  readonly lastError: { readonly code: string; readonly message: string; readonly at: number } | null;
}

export interface DrainRunnerOptions {
  readonly application: LogOwner;
  readonly drain: Drain;
  readonly logs: ApplicationLogs;
  readonly transports: DrainTransports;
  readonly positions: DrainPositions;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly mostBehind?: number;
}

export class DrainRunner {
  readonly #options: DrainRunnerOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #state: DrainStatus['state'] = 'idle';
  #sent = 0;
  #dropped = 0;
  #after = 0;
  #lastSentAt: number | null = null;
  #lastError: DrainStatus['lastError'] = null;

  /** Begins at once. */
  constructor(options: DrainRunnerOptions) {
    this.#options = options;
    this.#running = this.#run().catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#failed(error);
      options.logger.error({ ...this.#names, error }, 'a drain has ended; apply its application again');
    });
  }

  async status(): Promise<DrainStatus> {
    const { application, drain, logs } = this.#options;
    return {
      ...{ name: drain.name, type: drain.type, url: drain.url, state: this.#state },
      ...{ sent: this.#sent, dropped: this.#dropped, lastSentAt: this.#lastSentAt, lastError: this.#lastError },
      behind: Math.max(0, (await logs.newest(application)) - this.#after),
    };
  }

  /** Ends what is under way; what was not sent is sent by whoever goes on from the position. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  get #names() {
    const { application, drain } = this.#options;
    return { tenant: application.tenant, application: application.name, drain: drain.name };
  }

  async #run(): Promise<void> {
    const { application, drain, logs, transports, positions } = this.#options;
    const { signal } = this.#stop;
    const stored = await positions.load(application, drain.name);
    this.#after = stored ?? (await logs.newest(application));
    if (stored === null) await positions.save(application, drain.name, this.#after);
    const transport = transports.open(application, drain);
    try {
      while (!signal.aborted) {
        await this.#skip();
        const batches = new EntryBatches(logs, application, this.#after, this.#options.clock, signal);
        await this.#follow(batches, transport).finally(() => batches.close());
      }
    } finally {
      await transport.close();
    }
  }

  /** Sends batch after batch; ends when it has fallen too far behind. */
  async #follow(batches: EntryBatches, transport: DrainTransport): Promise<void> {
    const { application, drain, positions } = this.#options;
    for (let batch = await batches.next(); batch !== undefined; batch = await batches.next()) {
      if (!(await this.#deliver(batch, transport))) return;
      this.#after = batch.at(-1)?.sequence ?? this.#after;
      await positions.save(application, drain.name, this.#after);
    }
  }

  /** Tries until it is taken or given up. False: it has fallen too far behind meanwhile. */
  async #deliver(batch: readonly LogEntry[], transport: DrainTransport): Promise<boolean> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; ; failures += 1) {
      try {
        const { refused } = await transport.send(batch, signal);
        this.#state = 'sending';
        this.#sent += batch.length - refused;
        this.#dropped += refused;
        this.#lastSentAt = clock.now();
        return true;
      } catch (error) {
        if (signal.aborted) throw error;
        this.#failed(error);
        if (error instanceof DrainError && error.isFinal) {
          this.#dropped += batch.length;
          return true;
        }
        await this.#pause(failures, error instanceof DrainError ? error.retryAfterMilliseconds : undefined);
        if (await this.#isTooFarBehind()) return false;
      }
    }
  }

  #failed(error: unknown): void {
    const { clock, logger } = this.#options;
    const { code, message } = error instanceof DrainError ? error : { code: 'DRAIN_FAILED', message: String(error) };
    // The first of a row is told; the state shows the others.
    if (this.#state !== 'retrying') logger.warn({ ...this.#names, code, message }, 'a drain does not get through');
    this.#state = 'retrying';
    this.#lastError = { code, message, at: clock.now() };
  }

  /** Never sooner than asked for. */
  #pause(failures: number, retryAfter = 0): Promise<void> {
    const { clock, random } = this.#options;
    const wait = fullJitter(failures, random(), BACK_OFF);
    return pause(clock, Math.max(wait, Math.min(retryAfter, LONGEST_RETRY_AFTER_MILLISECONDS)), this.#stop.signal);
  }

  async #isTooFarBehind(): Promise<boolean> {
    const { application, logs, mostBehind = MOST_BEHIND } = this.#options;
    return (await logs.newest(application)) - this.#after > mostBehind;
  }

  /** Lets go of the oldest half of what it may be behind. */
  async #skip(): Promise<void> {
    if (!(await this.#isTooFarBehind())) return;
    const { application, logs, mostBehind = MOST_BEHIND } = this.#options;
    const next = (await logs.newest(application)) - Math.floor(mostBehind / 2);
    this.#dropped += next - this.#after;
    this.#after = next;
  }
}
