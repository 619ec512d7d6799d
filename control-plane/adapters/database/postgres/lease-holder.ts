/**
 * Holding the lease of a PostgreSQL database: taken when it is free or its time is over, renewed while it is held, given back at
 * the end. Its time is the server's; here only the monotonic clock and the wall clock are asked whether it may be over.
 *
 * The fencing number is what keeps an overtaken holder from writing. The time is what keeps one from acting outside the database.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CartwrightError, StoreUnavailable } from '../../../app/errors.ts';
import { codeOf, isTransient, message, translated } from '../failure.ts';
import { patiently } from '../waiting.ts';
import { postgresFailureOf } from './failure.ts';
import { LeaseConnection } from './lease-connection.ts';
import type { Holder } from './lease-connection.ts';
import { inspectPostgres, migratePostgres } from './migrate.ts';
import { nameOf } from './settings.ts';
import type { PostgresSettings } from './settings.ts';

export interface LeaseOptions {
  readonly settings: PostgresSettings;
  /** Who is asking; stands in the row and in messages. */
  readonly holder: string;
  /** How long the lease is held without being renewed. */
  readonly leaseMilliseconds: number;
  /** Another control plane holds it; called again when that becomes another one. */
  readonly onStandby: (by: Holder) => void;
  /** The lease cannot be asked for or renewed at the moment; it is tried again. */
  readonly onTrouble: (reason: Error) => void;
  /** Ends the waiting: {@link takeLease} then rejects with its reason. */
  readonly signal: AbortSignal;
}

export interface Lease {
  readonly fence: number;
  /** Throws `CartwrightError` LEASE_UNCERTAIN or LEASE_LOST unless nobody else can hold it at this moment. */
  readonly mayAct: () => void;
  /** Resolves when another control plane has taken over. */
  readonly lost: Promise<CartwrightError>;
  /** Gives it back: the next one need not wait for its end. */
  close(): Promise<void>;
}

const START_PATIENCE_MILLISECONDS = 10_000;
const STANDBY_PAUSE_MILLISECONDS = 1000;
/** Renewed so often that two failures in a row do no harm. */
const RENEWALS_A_LEASE = 4;
/** Clocks run differently; this part of the time is not relied on. */
const MARGIN = 0.1;
const UNDEFINED_COLUMN = '42703';

/**
 * Waits until the lease is this holder's; as long as another one renews it, for ever.
 *
 * Throws what opening a store on PostgreSQL throws, when the database cannot be used from the start.
 */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { settings, leaseMilliseconds, signal } = options;
  const connection = new LeaseConnection(settings, options.holder, leaseMilliseconds);
  try {
    await patiently(START_PATIENCE_MILLISECONDS, isAway, () => prepare(connection, settings));
    return await stand(connection, options);
  } catch (error) {
    await connection.close();
    signal.throwIfAborted();
    throw translated(error, postgresFailureOf(error), nameOf(settings));
  }
}

/** A server that was away comes back to the holder first: it is given the time for a renewal, and nobody has to be overtaken. */
async function stand(connection: LeaseConnection, options: LeaseOptions): Promise<Lease> {
  const { leaseMilliseconds, signal } = options;
  const pause = Math.min(STANDBY_PAUSE_MILLISECONDS, leaseMilliseconds / 10);
  let known: Holder | undefined;
  let wasAway = false;
  for (;;) {
    signal.throwIfAborted();
    if (wasAway) {
      wasAway = await connection.read().then(
        () => false,
        (error: unknown) => trouble(error, options),
      );
      await delay(wasAway ? pause : (2 * leaseMilliseconds) / RENEWALS_A_LEASE, undefined, { signal });
      continue;
    }
    const asked = new Moment();
    const answer = await connection.take().catch((error: unknown) => trouble(error, options));
    if (answer === true) wasAway = true;
    else if (answer.kind === 'taken') return new HeldLease(options, connection, answer.fence, asked);
    else if (answer.by.fence !== known?.fence) options.onStandby((known = answer.by));
    const left = answer === true ? Infinity : answer.leftMilliseconds;
    await delay(Math.min(pause, left), undefined, { signal });
  }
}

/** A database without our tables gets them now; any other is migrated by the holder only, after it has taken over. */
async function prepare(connection: LeaseConnection, settings: PostgresSettings): Promise<void> {
  const state = await inspectPostgres(settings);
  if (state === 'empty') return await migratePostgres(settings);
  try {
    await connection.read();
  } catch (error) {
    // From before the lease had a time: nobody holds it.
    if (state !== 'behind' || codeOf(error) !== UNDEFINED_COLUMN) throw error;
    await migratePostgres(settings);
  }
}

function isAway(error: unknown): boolean {
  return isTransient(postgresFailureOf(error));
}

/** Throws what trying again does not help against. */
function trouble(error: unknown, { settings, onTrouble }: LeaseOptions): true {
  const kind = postgresFailureOf(error);
  const reason = translated(error, kind, nameOf(settings));
  if (!isTransient(kind) && kind !== 'slow') throw reason;
  onTrouble(reason);
  return true;
}

/** A moment on both clocks: the monotonic one stops while a machine sleeps, the other one can be set. */
class Moment {
  readonly #monotonic = performance.now();
  readonly #wall = Date.now();

  /** The larger of what the two say. */
  get agoMilliseconds(): number {
    return Math.max(performance.now() - this.#monotonic, Date.now() - this.#wall);
  }
}

class HeldLease implements Lease {
  readonly fence: number;
  readonly lost: Promise<CartwrightError>;
  readonly #options: LeaseOptions;
  readonly #connection: LeaseConnection;
  #renewed: Moment;
  #loss: CartwrightError | undefined;
  #lose: (reason: CartwrightError) => void = () => undefined;
  #timer: NodeJS.Timeout;
  #renewing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: LeaseOptions, connection: LeaseConnection, fence: number, taken: Moment) {
    this.#options = options;
    this.#connection = connection;
    this.fence = fence;
    this.#renewed = taken;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.#timer = this.#next();
  }

  readonly mayAct = (): void => {
    if (this.#loss !== undefined) throw this.#loss;
    const { leaseMilliseconds, settings } = this.#options;
    const ago = this.#renewed.agoMilliseconds;
    if (ago < leaseMilliseconds * (1 - MARGIN)) return;
    throw new StoreUnavailable(
      'LEASE_UNCERTAIN',
      `the lease on the database ${nameOf(settings)} was renewed ${(ago / 1000).toFixed(1)} s ago; until it is renewed nothing is started, stopped or published`,
    );
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#renewing;
    if (this.#loss === undefined) {
      await this.#connection.giveBack(this.fence).catch((error: unknown) => this.#options.onTrouble(error as Error));
    }
    await this.#connection.close();
  }

  #next(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#renewing = this.#renew();
    }, this.#options.leaseMilliseconds / RENEWALS_A_LEASE);
  }

  async #renew(): Promise<void> {
    const asked = new Moment();
    try {
      const by = await this.#connection.renew(this.fence);
      if (by === undefined) this.#renewed = asked;
      else this.#overtaken(by);
    } catch (error) {
      this.#options.onTrouble(
        new Error(`the lease could not be renewed, it is tried again: ${message(error)}`, { cause: error }),
      );
    }
    if (this.#loss === undefined && !this.#isClosed) this.#timer = this.#next();
  }

  #overtaken({ holder, fence }: Holder): void {
    this.#loss = new CartwrightError(
      'LEASE_LOST',
      `another control plane (${holder}) has taken over the database ${nameOf(this.#options.settings)} (fencing number ${fence}, ours was ${this.fence}); this one acts no more`,
    );
    this.#lose(this.#loss);
  }
}
