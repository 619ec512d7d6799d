/** The limits of one application or of one route, and what is used of them. Bounded in memory, whoever asks. */
import { isDeepStrictEqual } from 'node:util';
import type { Limits } from '../../../../schema/mqtt/limits.ts';
import { Bucket } from './bucket.ts';

/** Clients that are remembered one by one; beyond it the one that has been quiet longest is forgotten. */
const MOST_CLIENTS = 20_000;

export interface Excess {
  /** Whose limit it is: of this one client, or of all together. */
  readonly of: 'client' | 'all';
  /** Until it is worth asking again. */
  readonly seconds: number;
}

export class Limiter {
  #limits: Limits;
  #all: Bucket;
  /** The one that was quiet longest first. */
  readonly #clients = new Map<string, Bucket>();

  constructor(limits: Limits, now: number) {
    this.#limits = limits;
    this.#all = new Bucket(limits, now);
  }

  change(limits: Limits, now: number): void {
    if (isDeepStrictEqual(limits, this.#limits)) return;
    this.#limits = limits;
    this.#all.change(limits, now);
    for (const bucket of this.#clients.values()) bucket.change(limits.perClient ?? {}, now);
  }

  /** What is in the way of one more request of this client; nothing is used up by asking. */
  excess(client: string, now: number): Excess | undefined {
    const all = this.#all.wait(now);
    const own = this.#clients.get(client)?.wait(now) ?? 0;
    if (own === 0 && all === 0) return undefined;
    return own >= all ? { of: 'client', seconds: own } : { of: 'all', seconds: all };
  }

  /** Lets one in; the function that is returned is to be called once, at its end. */
  take(client: string, now: number): () => void {
    const own = this.#limits.perClient === undefined ? undefined : this.#client(client, this.#limits.perClient, now);
    const all = this.#all;
    all.take(now);
    own?.take(now);
    return () => {
      all.release();
      own?.release();
    };
  }

  #client(client: string, allowance: NonNullable<Limits['perClient']>, now: number): Bucket {
    const bucket = this.#clients.get(client) ?? new Bucket(allowance, now);
    this.#clients.delete(client);
    this.#clients.set(client, bucket);
    if (this.#clients.size > MOST_CLIENTS) this.#forgetOne();
    return bucket;
  }

  #forgetOne(): void {
    for (const client of this.#clients.keys()) {
      this.#clients.delete(client);
      return;
    }
  }
}
