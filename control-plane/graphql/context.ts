/** What every resolver gets: who asks, what can be asked, and what belongs to this one operation. */
import type { Principal } from '../app/principal.ts';
import type { RateLimiter } from '../app/rate-limiter.ts';
import type { UseCases } from '../app/use-cases.ts';
import type { Arrival } from './arrival.ts';
import type { Deadline } from './deadline.ts';

export interface GraphQLContext extends Arrival {
  readonly principal: Principal;
  /** When the session that it came in with ends, in milliseconds since the epoch; null: it came in with a token. */
  readonly sessionEndsAt: number | null;
  readonly useCases: UseCases;
  /** How much each token may ask. */
  readonly rates: RateLimiter;
  /** Names this operation in the log and, when something unexpected fails, in the answer. */
  readonly requestId: string;
  /** When this operation has to be answered. Subscriptions have none: each of their events is small. */
  readonly deadline: Deadline | null;
  readonly once: Once;
}

/** Loads a thing once per operation (per event of a subscription), however many fields ask for it. */
export class Once {
  readonly #loaded = new Map<string, Promise<unknown>>();

  /** `kind` and `key` name what `load` answers; the type must be the same for one kind. */
  get<T>(kind: string, key: string, load: () => Promise<T>): Promise<T> {
    const name = `${kind} ${key}`;
    const known = this.#loaded.get(name);
    if (known !== undefined) return known as Promise<T>;
    const loading = load();
    this.#loaded.set(name, loading);
    return loading;
  }

  /** Forgets everything: the next event of a subscription sees the present. */
  clear(): void {
    this.#loaded.clear();
  }
}
