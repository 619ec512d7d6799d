/**
 * The one place through which a store writes: a bounded queue, first in, first out, one transaction at a time.
 *
 * Small writes that wait together are committed together. While the database is locked the queue waits and tries again,
 * without ever stopping the event loop for longer than one attempt; a write that waited longer than its patience is given
 * up and its caller told.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { StoreUnavailable } from '../../app/errors.ts';
import type { Durability, Engine } from './engine.ts';
import { isDamage, isOfTheWhole, isTransient, translated } from './failure.ts';
import type { WriteHealth } from './write-health.ts';

/** What a write does, given the entity manager of the transaction it is in. Run again when the transaction must be. */
export type Write<T> = (em: SqlEntityManager) => Promise<T>;

export interface WriteOptions {
  readonly durability: Durability;
  /**
   * `shared`: may be committed together with its neighbours. `alone`: a transaction of its own. `take-over`: alone, and not
   * refused by the check.
   */
  readonly transaction: 'shared' | 'alone' | 'take-over';
  /** How long the write may wait for the database before it is given up. */
  readonly patienceMilliseconds: number;
}

interface Job {
  readonly write: Write<unknown>;
  readonly options: WriteOptions;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly deadline: number;
}

/** Writes waiting at once. Beyond it the database has been locked for long, or is too slow for what is asked of it. */
const CAPACITY = 20_000;
/** Together they hold the event loop for about 10 ms. */
const BATCH = 64;
const FIRST_PAUSE_MILLISECONDS = 5;
const LONGEST_PAUSE_MILLISECONDS = 200;
/** What is still waiting when the store is closed gets this long. */
const CLOSING_MILLISECONDS = 2000;

export class WriteQueue {
  readonly #engine: Engine;
  readonly #check: Write<void>;
  readonly #health: Pick<WriteHealth, 'failed' | 'succeeded'>;
  readonly #jobs: Job[] = [];
  #running: Promise<void> | undefined;
  /** Why no more writes are taken. */
  #refusal: Error | undefined;
  /** When the last of them is given up. */
  #latest = Infinity;

  /** `check` runs first in every transaction and refuses it by throwing; `health` is told what became of each. */
  constructor(engine: Engine, check: Write<void>, health: Pick<WriteHealth, 'failed' | 'succeeded'>) {
    this.#engine = engine;
    this.#check = check;
    this.#health = health;
  }

  /** Writes that wait. */
  get length(): number {
    return this.#jobs.length;
  }

  /** Resolves when the write is committed. Throws `StoreUnavailable` when it was given up, else what `write` threw. */
  add<T>(write: Write<T>, options: WriteOptions): Promise<T> {
    if (this.#refusal !== undefined) return rejected(this.#refusal);
    if (this.#jobs.length >= CAPACITY) {
      return rejected(
        new StoreUnavailable(
          'DATABASE_OVERLOADED',
          `${CAPACITY} writes wait for the database already; try again later`,
        ),
      );
    }
    return new Promise<T>((resolve, reject) => {
      const deadline = performance.now() + options.patienceMilliseconds;
      this.#jobs.push({ write, options, resolve: resolve as (value: unknown) => void, reject, deadline });
      this.#running ??= this.#run();
    });
  }

  /** Takes no more writes and gives up those that wait: the database is damaged, and writing on would make it worse. */
  refuse(reason: Error, batch: readonly Job[] = []): void {
    this.#refusal = reason;
    // Damage that reading has met is no less the end of writing.
    if (reason instanceof StoreUnavailable) this.#health.failed(reason);
    for (const job of [...batch, ...this.#jobs.splice(0)]) job.reject(reason);
  }

  /** Takes no more writes, and resolves when those that wait are committed or given up. */
  async close(): Promise<void> {
    this.#refusal ??= new StoreUnavailable('DATABASE_CLOSED', 'the database is closed');
    this.#latest = Math.min(this.#latest, performance.now() + CLOSING_MILLISECONDS);
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is asked for in the same turn of the event loop goes into the same transaction.
    await turn();
    let pause = FIRST_PAUSE_MILLISECONDS;
    while (this.#jobs.length > 0) {
      const batch = this.#nextBatch();
      const busy = await this.#attempt(batch);
      if (busy === undefined) {
        pause = FIRST_PAUSE_MILLISECONDS;
        await turn();
        continue;
      }
      this.#jobs.unshift(...batch);
      this.#giveUpExpired(busy.error);
      await delay(pause * (0.5 + Math.random() / 2));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS);
    }
    this.#running = undefined;
  }

  #nextBatch(): Job[] {
    const first = this.#jobs[0];
    let count = 1;
    while (
      first?.options.transaction === 'shared' &&
      count < BATCH &&
      this.#jobs[count]?.options.transaction === 'shared' &&
      this.#jobs[count]?.options.durability === first.options.durability
    ) {
      count += 1;
    }
    return this.#jobs.splice(0, count);
  }

  /** Returns the error when the database was busy or away: then nothing has happened, and all of the batch is to be tried again. */
  async #attempt(batch: readonly Job[]): Promise<{ readonly error: unknown } | undefined> {
    const [first] = batch;
    if (first === undefined) return undefined;
    try {
      const values = await this.#engine.transaction(first.options.durability, async (em) => {
        if (first.options.transaction !== 'take-over') await this.#check(em);
        const results: unknown[] = [];
        for (const job of batch) results.push(await job.write(em));
        return results;
      });
      // One that was under way while another met damage changes nothing of that.
      if (this.#refusal === undefined) this.#health.succeeded();
      batch.forEach((job, index) => job.resolve(values[index]));
      return undefined;
    } catch (error) {
      const kind = this.#engine.failureOf(error);
      if (isTransient(kind)) return { error };
      const reason = translated(error, kind, this.#engine.name);
      if (reason instanceof StoreUnavailable && isOfTheWhole(kind)) this.#health.failed(reason);
      if (isDamage(kind)) this.refuse(reason, batch);
      else if (batch.length === 1) first.reject(reason);
      else await this.#oneByOne(batch);
      return undefined;
    }
  }

  /** One of them failed: the others must not fail with it. */
  async #oneByOne(batch: readonly Job[]): Promise<void> {
    for (const [index, job] of batch.entries()) {
      if ((await this.#attempt([job])) === undefined) continue;
      this.#jobs.unshift(...batch.slice(index));
      return;
    }
  }

  #giveUpExpired(error: unknown): void {
    const now = performance.now();
    const reason = translated(error, this.#engine.failureOf(error), this.#engine.name);
    for (const job of this.#jobs.splice(0)) {
      if (now < Math.min(job.deadline, this.#latest)) this.#jobs.push(job);
      else job.reject(reason);
    }
  }
}

function rejected<T>(reason: Error): Promise<T> {
  return new Promise((_, reject) => reject(reason));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
