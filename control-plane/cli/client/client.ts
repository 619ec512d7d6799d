/** A control plane as commands see it: queries and mutations over HTTP, subscriptions over a websocket, uploads. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError, EXIT } from '../exit.ts';
import type { UserErrorFieldsFragment } from '../generated/operations.ts';
import type { TypedDocument } from './document.ts';
import type { Endpoint } from './endpoint.ts';
import {
  AskedTooMuch,
  ConnectionLost,
  networkFailure,
  OperationTimedOut,
  refused,
  requestFailure,
  unauthenticated,
} from './failures.ts';
import type { Subscriptions } from './subscriptions.ts';

const ANSWER_MILLISECONDS = 60_000;
const TRIES = 3;
/** A control plane gives an operation up after 30 s while its work goes on: with these a mutation is waited for for five minutes. */
const MUTATION_TRIES = 10;
const PAUSE_MILLISECONDS = 250;

interface Payload {
  readonly userErrors: readonly UserErrorFieldsFragment[];
}

/** What the upload answers when it refuses. */
interface UploadError {
  readonly code?: unknown;
  readonly message?: unknown;
}

export class Client {
  readonly endpoint: Endpoint;
  readonly #signal: AbortSignal;
  #subscriptions: Promise<Subscriptions> | undefined;

  /** Everything that is under way ends when `signal` aborts. */
  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.endpoint = endpoint;
    this.#signal = signal;
  }

  /** Throws `CliError`, with exit code 3 without a valid token. Asked again when a connection broke. */
  async query<Result, Variables>(document: TypedDocument<Result, Variables>, variables: Variables): Promise<Result> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#post<Result>(document, variables);
      } catch (error) {
        if (!(error instanceof ConnectionLost) || tried === TRIES) throw error;
        const pause = error instanceof AskedTooMuch ? 1000 * error.retryAfterSeconds : PAUSE_MILLISECONDS * tried;
        await delay(pause, undefined, { signal: this.#signal });
      }
    }
  }

  /**
   * Carries out a mutation once, however often it has to be sent, by an idempotency key: also while the control plane still
   * works on it. Returns its payload. Throws `CliError` with the user errors' messages.
   */
  async mutate<P extends Payload, Input extends { readonly idempotencyKey?: string | null | undefined }>(
    document: TypedDocument<Readonly<Record<string, P>>, { readonly input: Input }>,
    input: Input,
  ): Promise<P> {
    const answer = await this.#untilDone(document, { input: { ...input, idempotencyKey: randomUUID() } });
    const payload = Object.values(answer)[0];
    if (payload === undefined) throw new CliError(EXIT.failed, `${this.endpoint.url} answered nothing to a mutation`);
    if (payload.userErrors.length > 0) throw refused(payload.userErrors);
    return payload;
  }

  async #untilDone<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.query(document, variables);
      } catch (error) {
        if (!(error instanceof OperationTimedOut) || tried === MUTATION_TRIES) throw error;
      }
    }
  }

  /** Ends when the server ends it, or with `ConnectionLost`. Opens a connection at the first use. */
  async *subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables,
    signal: AbortSignal = this.#signal,
  ): AsyncGenerator<Result, void, undefined> {
    this.#subscriptions ??= import('./subscriptions.ts').then((module) => module.connect(this.endpoint));
    yield* (await this.#subscriptions).open(document, variables, signal);
  }

  /** Stores an archive (tar, gzip) of a source tree; answers its digest, for `deploy`. */
  async upload(archive: ReadableStream<Uint8Array>, tenant?: string): Promise<{ digest: string; bytes: number }> {
    const query = tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`;
    const request: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { authorization: this.#authorization(), 'content-type': 'application/gzip', accept: 'application/json' },
      body: archive,
      duplex: 'half',
      signal: this.#signal,
    };
    const response = await this.#fetch(`${this.endpoint.url}/upload/source${query}`, request);
    const answer = await this.#json(response);
    const { digest, bytes, error } = answer as { digest?: unknown; bytes?: unknown; error?: UploadError };
    if (response.ok && typeof digest === 'string' && typeof bytes === 'number') return { digest, bytes };
    const { message, code } = error ?? {};
    const failure =
      message === undefined ? undefined : requestFailure([{ message, extensions: { code } }], this.endpoint.url);
    throw failure ?? this.#stranger(response);
  }

  /** The body of a file that the control plane answers with. Throws `CliError`, also while it is read. */
  async download(path: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(`${this.endpoint.url}${path}`, {
      headers: { authorization: this.#authorization() },
      signal: this.#signal,
    });
    if (response.ok && response.body !== null) return response.body;
    const { error } = (await this.#json(response)) as { error?: UploadError };
    const { message, code } = error ?? {};
    const failure =
      message === undefined ? undefined : requestFailure([{ message, extensions: { code } }], this.endpoint.url);
    throw failure ?? this.#stranger(response);
  }

  async close(): Promise<void> {
    if (this.#subscriptions !== undefined) await (await this.#subscriptions).close();
  }

  async #post<Result>(query: string, variables: unknown): Promise<Result> {
    const response = await this.#fetch(`${this.endpoint.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: this.#authorization(),
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]),
    });
    const answer = (await this.#json(response)) as { data?: unknown; errors?: unknown };
    const failure = requestFailure(answer.errors, this.endpoint.url);
    if (failure !== undefined) throw failure;
    if (typeof answer.data === 'object' && answer.data !== null) return answer.data as Result;
    throw this.#stranger(response);
  }

  async #fetch(url: string, request: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, { redirect: 'error', ...request });
    } catch (error) {
      this.#signal.throwIfAborted();
      if ((error as Error).name === 'TimeoutError') {
        throw new CliError(EXIT.failed, `${this.endpoint.url} did not answer within ${ANSWER_MILLISECONDS / 1000} s`);
      }
      throw networkFailure(error, this.endpoint.url);
    }
    if (response.status === 401) throw unauthenticated(this.endpoint.url);
    if (response.status === 429) throw new AskedTooMuch(this.endpoint.url, response.headers.get('retry-after'));
    if (response.status === 502 || response.status === 503 || response.status === 504) {
      throw new ConnectionLost(`${this.endpoint.url} is not ready (status ${response.status}); try again in a moment`);
    }
    return response;
  }

  async #json(response: Response): Promise<object> {
    let answer: unknown;
    try {
      answer = await response.json();
    } catch (error) {
      this.#signal.throwIfAborted();
      if ((error as Error).name === 'SyntaxError') throw this.#stranger(response);
      throw networkFailure(error, this.endpoint.url);
    }
    if (typeof answer !== 'object' || answer === null) throw this.#stranger(response);
    return answer;
  }

  #stranger(response: Response): CliError {
    return new CliError(
      EXIT.failed,
      `${response.url} answered with status ${response.status} and not as expected: is ${this.endpoint.url} the URL of a Cartwright control plane?`,
    );
  }

  #authorization(): string {
    return `Bearer ${this.endpoint.token}`;
  }
}
