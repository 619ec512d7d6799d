/** OTLP over HTTP with JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
import { DrainError, type DrainTransport } from '../../app/ports/drains.ts';
import type { LogOwner } from '../../app/ports/logs.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import type { NetworkGuard } from '../network/guard.ts';
import { GuardedPosts, type Answer } from '../network/posts.ts';
import { exportRequest } from './otlp-logs.ts';
import { reasonOf } from './reason.ts';

const TIMEOUT_MILLISECONDS = 15_000;
/** Statuses after which the same request may be sent again (OTLP, "Retryable Response Codes"). */
const AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface OtlpTransportOptions {
  readonly application: LogOwner;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
  readonly guard: NetworkGuard;
  readonly now: () => number;
}

export class OtlpTransport implements DrainTransport {
  readonly #options: OtlpTransportOptions;
  readonly #url: URL;
  readonly #posts: GuardedPosts;

  constructor(options: OtlpTransportOptions) {
    const { guard, ca, url, now } = options;
    this.#options = options;
    this.#url = new URL(url);
    if (this.#url.pathname === '/') this.#url.pathname = '/v1/logs';
    this.#posts = new GuardedPosts({ guard, ca, connections: 1, timeoutMilliseconds: TIMEOUT_MILLISECONDS, now });
  }

  async send(entries: readonly LogEntry[], signal: AbortSignal): Promise<{ readonly refused: number }> {
    const { application, now } = this.#options;
    const answer = await this.#post(JSON.stringify(exportRequest(application, entries, now())), signal);
    if (answer.status >= 200 && answer.status < 300)
      return { refused: Math.min(refusedIn(answer.text), entries.length) };
    const said = answer.text.replace(/\s+/g, ' ').slice(0, 200);
    const message = `${this.#url.href} answers ${answer.status}${said === '' ? '' : `: ${said}`}`;
    if (AGAIN.has(answer.status)) {
      const { retryAfterMilliseconds } = answer;
      throw new DrainError('DRAIN_UNREACHABLE', message, {
        ...(retryAfterMilliseconds === undefined ? {} : { retryAfterMilliseconds }),
      });
    }
    throw new DrainError('DRAIN_REFUSED', message, { isFinal: true });
  }

  async close(): Promise<void> {
    await this.#posts.close();
  }

  async #post(body: string, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#posts.post(this.#url, this.#options.headers, body, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DrainError) throw error;
      const { cause } = error as Error;
      if (cause instanceof DrainError) throw cause;
      throw new DrainError('DRAIN_UNREACHABLE', `${this.#url.href} cannot be reached: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** `partialSuccess.rejectedLogRecords` of a successful answer. */
function refusedIn(text: string): number {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: { rejectedLogRecords?: string | number } };
    const rejected = Number(partialSuccess?.rejectedLogRecords ?? 0);
    return Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    // Protobuf, or nothing: taken as a whole.
    return 0;
  }
}
