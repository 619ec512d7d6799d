/** HTTP requests to receivers outside: only where the guard lets them, bounded in time and in what is read of the answer. */
import { Agent, request } from 'undici';
import type { NetworkGuard } from './guard.ts';

export interface PostsOptions {
  readonly guard: NetworkGuard;
  /** PEM of who is believed; the system's authorities if absent. */
  readonly ca?: string | undefined;
  /** Connections to one receiver; as many as there are requests if absent. */
  readonly connections?: number;
  readonly timeoutMilliseconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Answer {
  readonly status: number;
  /** Its first 64 KiB. */
  readonly text: string;
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMilliseconds: number | undefined;
}

const MOST_ANSWER_BYTES = 64 * 1024;

export class GuardedPosts {
  readonly #options: PostsOptions;
  readonly #agent: Agent;

  constructor(options: PostsOptions) {
    const { guard, ca, connections, timeoutMilliseconds } = options;
    this.#options = options;
    this.#agent = new Agent({
      ...(connections === undefined ? {} : { connections }),
      connectTimeout: timeoutMilliseconds,
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

  /**
   * Follows no redirection. Rejects with the guard's failure, the signal's reason, or what went wrong with the connection.
   */
  async post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string | Buffer,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { guard, timeoutMilliseconds, now } = this.#options;
    // An address is not looked up when a socket is made; so it is looked at here.
    await guard.addresses(url.hostname);
    const response = await request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]),
      dispatcher: this.#agent,
    });
    let text = '';
    for await (const chunk of response.body) {
      text += (chunk as Buffer).toString();
      if (text.length > MOST_ANSWER_BYTES) break;
    }
    const after = response.headers['retry-after'];
    return {
      status: response.statusCode,
      text,
      retryAfterMilliseconds: typeof after === 'string' ? retryAfter(after, now()) : undefined,
    };
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). @returns milliseconds */
function retryAfter(value: string, now: number): number | undefined {
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
