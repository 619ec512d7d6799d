/** Tells those who serve a token for longer than one answer when it has ended: revoked, expired, or gone with its tenant. */
import type { Clock, Timer } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { TokenRecord } from '../records/tenants.ts';

/** Looked at again at least so often: timers of machines end at 24 days. */
const LOOK_MILLISECONDS = 24 * 3600 * 1000;

/** Whether a token opens anything. */
export function isValid({ revokedAt, expiresAt }: TokenRecord, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

interface Followed {
  readonly listeners: Set<() => void>;
  timer: Timer | null;
}

export class TokenWatch {
  readonly #tokens: Pick<Store['tokens'], 'get'>;
  readonly #clock: Clock;
  readonly #followed = new Map<string, Followed>();

  constructor(tokens: Pick<Store['tokens'], 'get'>, clock: Clock) {
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** Tokens that somebody follows. */
  get followed(): number {
    return this.#followed.size;
  }

  /**
   * Calls `onEnd` once when the token has ended; at once when that was between its being accepted and this call. Returns a
   * function that ends the following. When the token cannot be looked at, it counts as ended: who is turned away asks again.
   */
  follow({ token }: Principal, onEnd: () => void): () => void {
    const followed = this.#followed.get(token) ?? { listeners: new Set(), timer: null };
    this.#followed.set(token, followed);
    followed.listeners.add(onEnd);
    this.look(token);
    return () => {
      followed.listeners.delete(onEnd);
      if (followed.listeners.size === 0) this.#forget(token, followed);
    };
  }

  /** To be called after each change of a token. */
  look(token: string): void {
    const followed = this.#followed.get(token);
    if (followed === undefined) return;
    this.#tokens.get(token).then(
      (record) => this.#seen(token, followed, record),
      () => this.#seen(token, followed, undefined),
    );
  }

  close(): void {
    for (const [token, followed] of this.#followed) this.#forget(token, followed);
  }

  #seen(token: string, followed: Followed, record: TokenRecord | undefined): void {
    if (this.#followed.get(token) !== followed) return;
    const now = this.#clock.now();
    if (record === undefined || !isValid(record, now)) {
      this.#forget(token, followed);
      for (const onEnd of [...followed.listeners]) onEnd();
      return;
    }
    followed.timer?.cancel();
    followed.timer =
      record.expiresAt === null
        ? null
        : this.#clock.setTimeout(() => this.look(token), Math.min(record.expiresAt - now, LOOK_MILLISECONDS));
  }

  #forget(token: string, followed: Followed): void {
    followed.timer?.cancel();
    followed.timer = null;
    if (this.#followed.get(token) === followed) this.#followed.delete(token);
  }
}
