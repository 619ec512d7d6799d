/**
 * The backtests that were asked for: those that wait, those that run beside everything else, and those that have ended, for a while. In memory: what is
 * lost with a control plane can be asked for again.
 */
import type { Logger } from 'pino';
import { maskedText, isForCallers, RequestError } from '../errors.ts';
import { onItsOwn } from '../audit/scope.ts';
import { Signal } from '../fleet/signal.ts';
import type { Clock } from '../ports/clock.ts';
import type { Backtest, BacktestResult } from './use-cases.ts';

/** At once on the platform; of a tenant one. */
const MOST_RUNNING = 2;
/** That wait, of a tenant and of all. */
const MOST_WAITING = 8;
const MOST_WAITING_OF_ALL = 64;
const LONGEST_MILLISECONDS = 600_000;
const KEPT_MILLISECONDS = 3_600_000;
/** Ended ones that are kept, of a tenant and of all; the oldest go first. */
const MOST_KEPT = 100;
const MOST_KEPT_OF_ALL = 2000;

/** Throws what the backtest fails with. */
export type BacktestWork = (options: {
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}) => Promise<BacktestResult>;

interface Entry {
  backtest: Backtest;
  readonly work: BacktestWork;
  readonly ended: AbortController;
  readonly changed: Signal;
}

export interface BacktestsOptions {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

export class Backtests {
  readonly #options: BacktestsOptions;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<Entry, Promise<void>>();
  #isClosed = false;

  constructor(options: BacktestsOptions) {
    this.#options = options;
  }

  get(uid: string): Backtest | undefined {
    this.#forget();
    return this.#entries.get(uid)?.backtest;
  }

  /** Wakes whoever follows it; `undefined` where there is none. */
  changed(uid: string): Signal | undefined {
    return this.#entries.get(uid)?.changed;
  }

  /** Throws `RequestError` BACKTESTS_FULL. */
  add(asked: Omit<Backtest, 'finishedAt' | 'progress' | 'outcome'>, work: BacktestWork): Backtest {
    this.#forget();
    const waiting = this.#waiting();
    const ofTenant = waiting.filter(({ backtest }) => backtest.tenant === asked.tenant);
    if (this.#isClosed || ofTenant.length >= MOST_WAITING || waiting.length >= MOST_WAITING_OF_ALL)
      throw new RequestError(
        'BACKTESTS_FULL',
        `${ofTenant.length} backtests of this tenant and ${waiting.length - ofTenant.length} of others wait already; try again when some have ended, or cancel one`,
      );
    const backtest: Backtest = { ...asked, finishedAt: null, progress: 0, outcome: { state: 'waiting' } };
    const entry = { backtest, work, ended: new AbortController(), changed: new Signal() };
    this.#entries.set(backtest.uid, entry);
    onItsOwn(() => this.#begin());
    return entry.backtest;
  }

  cancel(uid: string): Backtest | undefined {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return undefined;
    if (entry.backtest.finishedAt === null) this.#end(entry, { state: 'cancelled' });
    return entry.backtest;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const entry of this.#entries.values())
      if (entry.backtest.finishedAt === null) this.#end(entry, { state: 'cancelled' });
    await Promise.all(this.#running.values());
  }

  #waiting(): Entry[] {
    return [...this.#entries.values()].filter(({ backtest }) => backtest.outcome.state === 'waiting');
  }

  /** The oldest of a tenant of which none runs. */
  #begin(): void {
    while (!this.#isClosed && this.#running.size < MOST_RUNNING) {
      const busy = new Set([...this.#running.keys()].map(({ backtest }) => backtest.tenant));
      const next = this.#waiting().find(({ backtest }) => !busy.has(backtest.tenant));
      if (next === undefined) return;
      this.#become(next, { outcome: { state: 'running' } });
      const running = this.#run(next).finally(() => {
        this.#running.delete(next);
        this.#begin();
      });
      this.#running.set(next, running);
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { clock, logger } = this.#options;
    const timer = clock.setTimeout(
      () =>
        this.#end(entry, {
          state: 'failed',
          reason: {
            code: 'BACKTEST_TIMED_OUT',
            message: `it did not end within ${LONGEST_MILLISECONDS / 60_000} minutes; ask for a shorter time`,
          },
        }),
      LONGEST_MILLISECONDS,
    );
    try {
      const result = await entry.work({
        signal: entry.ended.signal,
        onProgress: (progress) => {
          if (entry.backtest.finishedAt === null) this.#become(entry, { progress });
        },
      });
      this.#end(entry, { state: 'succeeded', result });
    } catch (error) {
      if (entry.backtest.finishedAt !== null) return;
      const { uid } = entry.backtest;
      if (!isForCallers(error)) logger.error({ error, backtest: uid }, 'a backtest failed');
      const reason = isForCallers(error)
        ? { code: error.code, message: error.message }
        : { code: 'BACKTEST_FAILED', message: maskedText(undefined, uid) };
      this.#end(entry, { state: 'failed', reason });
    } finally {
      timer.cancel();
    }
  }

  /** The first end counts. */
  #end(entry: Entry, outcome: Backtest['outcome']): void {
    if (entry.backtest.finishedAt !== null) return;
    const progress = outcome.state === 'succeeded' ? 1 : entry.backtest.progress;
    this.#become(entry, { progress, outcome, finishedAt: this.#options.clock.now() });
    entry.ended.abort(new Error('the backtest has ended'));
  }

  #become(entry: Entry, change: Partial<Backtest>): void {
    entry.backtest = { ...entry.backtest, ...change };
    entry.changed.notify();
  }

  #forget(): void {
    const before = this.#options.clock.now() - KEPT_MILLISECONDS;
    const kept = new Map<string, number>();
    let all = 0;
    // The newest first: what is beyond the bounds is the oldest.
    for (const [uid, { backtest }] of [...this.#entries].reverse()) {
      if (backtest.finishedAt === null) continue;
      const ofTenant = (kept.get(backtest.tenant) ?? 0) + 1;
      all += 1;
      kept.set(backtest.tenant, ofTenant);
      if (backtest.finishedAt < before || ofTenant > MOST_KEPT || all > MOST_KEPT_OF_ALL) this.#entries.delete(uid);
    }
  }
}
