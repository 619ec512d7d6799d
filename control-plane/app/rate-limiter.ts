/**
 * How much each token may ask: a rate with a burst (the generic cell rate algorithm of ITU-T I.371), and how much at once. One
 * token that asks too much is told so; the others do not notice.
 */

export interface RateLimits {
  /** Requests a second that a token may ask on and on. */
  readonly requestsPerSecond: number;
  /** Requests that it may ask at once after a pause. */
  readonly burst: number;
  /** Requests that are being answered at once. */
  readonly concurrent: number;
  /** Subscriptions at once, over all its connections. */
  readonly subscriptions: number;
}

export const DEFAULT_RATES: RateLimits = { requestsPerSecond: 50, burst: 200, concurrent: 32, subscriptions: 200 };

/** Which limit was reached. */
export type RateReason = 'rate' | 'concurrent' | 'subscriptions';

export interface Refusal {
  readonly ok: false;
  readonly reason: RateReason;
  readonly limit: number;
  readonly retryAfterSeconds: number;
}

/** The refusal as a sentence. */
export function refusalText({ reason, limit, retryAfterSeconds }: Refusal): string {
  return `this token asks too much: at most ${limit} ${RATE_WORDS[reason]}; ask again in ${retryAfterSeconds} s`;
}

/** What a limit counts, in words. */
const RATE_WORDS: Readonly<Record<RateReason, string>> = {
  rate: 'requests a second',
  concurrent: 'requests at once',
  subscriptions: 'subscriptions at once',
};

export type Admission =
  | {
      readonly ok: true;
      /** To be called when the answer is given, or the subscription has ended. Idempotent. */
      readonly release: () => void;
    }
  | Refusal;

/** What a token has used of its limits. */
export interface RateUse {
  /** Requests that it could ask at once now. */
  readonly remaining: number;
  readonly concurrent: number;
  readonly subscriptions: number;
}

interface Counted {
  /** When the bucket will be full again, by the monotonic clock. */
  fullAt: number;
  concurrent: number;
  subscriptions: number;
}

const SWEEP_TOKENS = 1000;
/** What is at its limit at once may be free at any moment. */
const BUSY_RETRY_SECONDS = 1;

export class RateLimiter {
  readonly limits: RateLimits;
  /** Told of everything that the API refuses before it looks at it, by reason: a metric. */
  readonly onRefused: (reason: string) => void;
  readonly #monotonic: () => number;
  readonly #tokens = new Map<string, Counted>();

  /** `monotonic`: milliseconds that only grow. */
  constructor(limits: RateLimits, monotonic: () => number, onRefused: (reason: string) => void = () => undefined) {
    this.limits = limits;
    this.onRefused = onRefused;
    this.#monotonic = monotonic;
  }

  /** Tokens of whom something is remembered. */
  get remembered(): number {
    return this.#tokens.size;
  }

  /** One request of a token: a query, a mutation, an upload. */
  request(token: string): Admission {
    const counted = this.#counted(token);
    const { concurrent } = this.limits;
    if (counted.concurrent >= concurrent) return this.#refuse('concurrent', concurrent, BUSY_RETRY_SECONDS);
    const refused = this.#take(counted);
    if (refused !== undefined) return refused;
    counted.concurrent += 1;
    return { ok: true, release: once(() => (counted.concurrent -= 1)) };
  }

  /** One subscription of a token, which counts until it ends. That it was asked for is a {@link request} by itself. */
  subscribe(token: string): Admission {
    const counted = this.#counted(token);
    const { subscriptions } = this.limits;
    if (counted.subscriptions >= subscriptions) return this.#refuse('subscriptions', subscriptions, BUSY_RETRY_SECONDS);
    counted.subscriptions += 1;
    return { ok: true, release: once(() => (counted.subscriptions -= 1)) };
  }

  use(token: string): RateUse {
    const { requestsPerSecond, burst } = this.limits;
    const { fullAt, concurrent, subscriptions } = this.#tokens.get(token) ?? EMPTY;
    const missing = (Math.max(0, fullAt - this.#monotonic()) / 1000) * requestsPerSecond;
    return { remaining: Math.max(0, Math.floor(burst - missing)), concurrent, subscriptions };
  }

  #refuse(reason: RateReason, limit: number, retryAfterSeconds: number): Refusal {
    this.onRefused(reason);
    return { ok: false, reason, limit, retryAfterSeconds };
  }

  #take(counted: Counted): Refusal | undefined {
    const { requestsPerSecond, burst } = this.limits;
    const now = this.#monotonic();
    const interval = 1000 / requestsPerSecond;
    const fullAt = Math.max(counted.fullAt, now) + interval;
    const wait = fullAt - now - burst * interval;
    // The room of half a microsecond is for the arithmetic: a full bucket has exactly `burst` in it.
    if (wait > 0.0005) return this.#refuse('rate', requestsPerSecond, Math.max(1, Math.ceil(wait / 1000)));
    counted.fullAt = fullAt;
    return undefined;
  }

  #counted(token: string): Counted {
    const known = this.#tokens.get(token);
    if (known !== undefined) return known;
    if (this.#tokens.size >= SWEEP_TOKENS) this.#sweep();
    const counted: Counted = { ...EMPTY };
    this.#tokens.set(token, counted);
    return counted;
  }

  /** Forgets those of whom there is nothing to remember. */
  #sweep(): void {
    const now = this.#monotonic();
    for (const [token, { fullAt, concurrent, subscriptions }] of this.#tokens)
      if (fullAt <= now && concurrent + subscriptions === 0) this.#tokens.delete(token);
  }
}

const EMPTY: Counted = { fullAt: -Infinity, concurrent: 0, subscriptions: 0 };

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
