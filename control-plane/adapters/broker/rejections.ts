/** Counting what was refused, and saying it in the log at most once a minute for each source and reason. */
import type { Logger } from 'pino';
import type { PublishRefusal } from './authorisation.ts';
import type { PacketViolation } from './packet-guard.ts';

export type RejectionReason =
  | PublishRefusal
  | PacketViolation
  | 'subscribe'
  | 'identifier'
  | 'credentials'
  | 'will'
  | 'unavailable'
  | 'connect-timeout'
  | 'too-many-connections'
  | 'hook-error'
  | 'listener-error';

export interface Rejection {
  readonly reason: RejectionReason;
  /** Instance id of the client where one is known (before authentication: as the client says), else its address. */
  readonly source: string;
  readonly detail: string;
}

const QUIET_MILLISECONDS = 60_000;
/** Sources remembered for the log; a flood of made-up ones begins anew instead of growing. */
const MAX_SOURCES = 1000;
const MAX_SOURCE_CHARACTERS = 60;

export class Rejections {
  readonly #counts = new Map<RejectionReason, number>();
  readonly #spokenAt = new Map<string, number>();
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #onReject: ((rejection: Rejection) => void) | undefined;
  readonly #now: () => number;

  constructor(
    logger: Pick<Logger, 'warn'>,
    onReject: ((rejection: Rejection) => void) | undefined,
    now: () => number = Date.now,
  ) {
    this.#logger = logger;
    this.#onReject = onReject;
    this.#now = now;
  }

  get counts(): ReadonlyMap<RejectionReason, number> {
    return this.#counts;
  }

  count(reason: RejectionReason, source: string, detail: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const rejection = { reason, source: source.slice(0, MAX_SOURCE_CHARACTERS), detail: detail.slice(0, 300) };
    const key = `${reason} ${rejection.source}`;
    const now = this.#now();
    const spoken = this.#spokenAt.get(key);
    if (spoken === undefined || now - spoken >= QUIET_MILLISECONDS) {
      if (this.#spokenAt.size >= MAX_SOURCES) this.#spokenAt.clear();
      this.#spokenAt.set(key, now);
      this.#logger.warn(rejection, 'the broker refused what a client sent');
    }
    try {
      this.#onReject?.(rejection);
    } catch (error) {
      // Counting goes on inside the broker's hooks, out of which nothing may be thrown.
      this.#logger.warn({ err: error }, 'an observer of refusals failed');
    }
  }
}
