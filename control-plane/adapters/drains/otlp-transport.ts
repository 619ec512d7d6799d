/** OTLP over HTTP with JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
import { Agent, request } from 'undici';
import { DrainError, type DrainTransport } from '../../app/ports/drains.ts';
import type { LogOwner } from '../../app/ports/logs.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import type { NetworkGuard } from './network-guard.ts';
import { exportRequest } from './otlp-logs.ts';

const TIMEOUT_MILLISECONDS = 15_000;
const MOST_ANSWER_BYTES = 64 * 1024;
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
  readonly #agent: Agent;

  constructor(options: OtlpTransportOptions) {
    const { guard, ca, url } = options;
    this.#options = options;
    this.#url = new URL(url);
    if (this.#url.pathname === '/') this.#url.pathname = '/v1/logs';
    this.#agent = new Agent({
      connections: 1,
      connectTimeout: TIMEOUT_MILLISECONDS,
      connect: {
        ...(ca === undefined ? {} : { ca }),
        // The socket connects to what this answers: nobody asks for the name a second time.
        lookup: (host, { all }, callback) => {
          guard.addresses(host).then(
            (addresses) => {
              const [first] = addresses;
              if (all === true || first === undefined) callback(null, [...addresses]);
              else callback(null, first.address, first.family);
            },
            (error: Error) => callback(error, []),
          );
        },
      },
    });
  }

  async send(entries: readonly LogEntry[], signal: AbortSignal): Promise<{ readonly refused: number }> {
    const { application, headers, guard, now } = this.#options;
    // An address is not looked up when a socket is made; so it is looked at here.
    await guard.addresses(this.#url.hostname);
    const answer = await this.#post(JSON.stringify(exportRequest(application, entries, now())), headers, signal);
    if (answer.status >= 200 && answer.status < 300)
      return { refused: Math.min(refusedIn(answer.text), entries.length) };
    const said = answer.text.replace(/\s+/g, ' ').slice(0, 200);
    const message = `${this.#url.href} answers ${answer.status}${said === '' ? '' : `: ${said}`}`;
    if (AGAIN.has(answer.status)) {
      const wait = retryAfter(answer.retryAfter, now());
      throw new DrainError('DRAIN_UNREACHABLE', message, wait === undefined ? {} : { retryAfterMilliseconds: wait });
    }
    throw new DrainError('DRAIN_REFUSED', message, { isFinal: true });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    try {
      const response = await request(this.#url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]),
        dispatcher: this.#agent,
      });
      let text = '';
      for await (const chunk of response.body) {
        text += (chunk as Buffer).toString();
        if (text.length > MOST_ANSWER_BYTES) break;
      }
      const after = response.headers['retry-after'];
      return { status: response.statusCode, text, retryAfter: typeof after === 'string' ? after : undefined };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DrainError) throw error;
      const { message, cause } = error as Error;
      if (cause instanceof DrainError) throw cause;
      throw new DrainError('DRAIN_UNREACHABLE', `${this.#url.href} cannot be reached: ${message}`, { cause: error });
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

/** Seconds, or a date (RFC 9110, 10.2.3). @returns milliseconds */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
