/**
 * Tells one receiver of the events that its notice is about, one after another, from the event log itself: a crash or a receiver
 * that is away loses nothing, and what is sent again has the same id.
 */
import type { Logger } from 'pino';
import { matchesType } from '../../domain/notices/types.ts';
import { fullJitter, pause } from '../back-off.ts';
import { CartwrightError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import type { Clock } from '../ports/clock.ts';
import { NoticeError, type NoticeTransport } from '../ports/notices.ts';
import type { EventFilter, Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { EventRecord } from '../records/events.ts';
import type { NoticeProgressRecord, NoticeRecord } from '../records/notices.ts';
import { PLATFORM_TENANT } from '../records/tenants.ts';
import { messageOf, requestOf, secretsOf } from './message.ts';
import type { Slots } from './slots.ts';

const BACK_OFF = { baseMilliseconds: 1000, capMilliseconds: 600_000 };
/** What cannot be read or stored is tried again. */
const STORE_PAUSE_MILLISECONDS = 5000;
/** Longer than this nobody is left alone. */
const LONGEST_RETRY_AFTER_MILLISECONDS = 3_600_000;
/** A receiver that refuses one event this often does not keep the others from being told. */
const MOST_REFUSALS = 8;
/** A receiver that takes nothing for this long is given up. */
const GIVE_UP_MILLISECONDS = 24 * 3600 * 1000;
const BATCH = 200;
/** Events that come together are looked at together. */
const GATHER_MILLISECONDS = 100;
const GONE = 410;

export interface NoticeRunnerOptions {
  readonly notice: NoticeRecord;
  readonly store: Pick<Store, 'transaction'>;
  readonly vault: Pick<Vault, 'open'>;
  readonly events: EventRecorder;
  readonly transport: NoticeTransport;
  readonly slots: Slots;
  /** Counts what became of each try. */
  readonly count: (result: 'delivered' | 'refused' | 'unreachable' | 'dropped') => void;
  /** Nothing more is sent: the receiver takes nothing. */
  readonly giveUp: (notice: NoticeRecord, reason: string) => Promise<void>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Which events a notice may tell of at all. */
export function filterOf({ tenant, application }: NoticeRecord): EventFilter {
  return {
    ...(tenant === PLATFORM_TENANT ? {} : { tenant }),
    ...(application === null ? {} : { application }),
  };
}

export class NoticeRunner {
  readonly #options: NoticeRunnerOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #progress: NoticeProgressRecord;

  /** Begins at once, behind what `progress` says was told. */
  constructor(options: NoticeRunnerOptions, progress: NoticeProgressRecord) {
    this.#options = options;
    this.#progress = progress;
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) options.logger.error({ notice: options.notice.uid, error }, 'a notice has ended');
    });
  }

  get progress(): NoticeProgressRecord {
    return this.#progress;
  }

  /** Ends what is under way; whoever goes on sends it again. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { notice, events, clock, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const seen = events.appended.version;
      try {
        const found = await events.after(this.#progress.after, filterOf(notice), BATCH);
        for (const event of found) if (!(await this.#pass(event))) return;
        if (found.length > 0) await this.#save({});
        if (found.length === BATCH) continue;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ notice: notice.uid, error }, 'the events of a notice cannot be read; it is tried again');
        await pause(clock, STORE_PAUSE_MILLISECONDS, signal);
        continue;
      }
      await events.appended.after(seen, signal);
      await pause(clock, GATHER_MILLISECONDS, signal);
    }
  }

  /** Tells of an event that the notice is about. False: the receiver was given up. */
  async #pass(event: EventRecord): Promise<boolean> {
    const { notice, clock, random, count } = this.#options;
    if (!matchesType(notice.types, event.type)) {
      this.#progress = { ...this.#progress, after: event.sequence };
      return true;
    }
    for (;;) {
      const error = await this.#send(event);
      if (error === undefined) return true;
      const failures = this.#progress.failures + 1;
      const failingSince = this.#progress.failingSince ?? clock.now();
      const { code, message } = error;
      await this.#save({ failures, failingSince, lastError: { at: clock.now(), code, message } });
      if (error.status === GONE || clock.now() - failingSince >= GIVE_UP_MILLISECONDS) {
        await this.#options.giveUp(notice, message);
        return false;
      }
      if (error.isFinal && failures >= MOST_REFUSALS) {
        count('dropped');
        await this.#save({ after: event.sequence, failures: 0, dropped: this.#progress.dropped + 1 });
        return true;
      }
      const wait = Math.min(error.retryAfterMilliseconds ?? 0, LONGEST_RETRY_AFTER_MILLISECONDS);
      await pause(clock, Math.max(wait, fullJitter(failures - 1, random(), BACK_OFF)), this.#stop.signal);
    }
  }

  async #send(event: EventRecord): Promise<NoticeError | undefined> {
    const { notice, vault, transport, slots, clock, count } = this.#options;
    const { signal } = this.#stop;
    try {
      const status = await slots.run(signal, async () => {
        const secrets = secretsOf(vault, notice, clock.now());
        return transport.send(requestOf(notice.url, messageOf(event), secrets, clock.now()), signal);
      });
      count('delivered');
      const lastSuccess = { at: clock.now(), status, event: event.uid };
      await this.#save({ after: event.sequence, failures: 0, failingSince: null, lastSuccess });
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = failureOf(error);
      count(failure.isFinal ? 'refused' : 'unreachable');
      return failure;
    }
  }

  /**
   * What cannot be stored now is stored with the next; until then a restart would tell again, with the same ids. Of a notice
   * that was deleted meanwhile nothing is left behind.
   */
  async #save(changes: Partial<NoticeProgressRecord>): Promise<void> {
    const { store, logger, notice } = this.#options;
    this.#progress = { ...this.#progress, ...changes };
    try {
      const progress = this.#progress;
      await store.transaction(async (tx) => {
        if ((await tx.notices.get(notice.uid)) !== undefined) await tx.noticeProgress.save(progress);
      });
    } catch (error) {
      logger.warn({ notice: notice.uid, error }, 'how far a notice has come could not be stored');
    }
  }
}

/** What was not foreseen, or is the platform's own (a lost key), as a failure that is tried again. */
export function failureOf(error: unknown): NoticeError {
  if (error instanceof NoticeError) return error;
  const code = error instanceof CartwrightError ? error.code : 'NOTICE_FAILED';
  return new NoticeError(code, `the message could not be sent (${code})`, { cause: error });
}
