/** A control plane as commands see it: queries and mutations over HTTP, subscriptions over a websocket, uploads. */
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError, EXIT } from '../exit.ts';
import type { UserErrorFieldsFragment } from '../generated/operations.ts';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import type { Endpoint } from './endpoint.ts';
import {
  AskedTooMuch,
  ConnectionLost,
  networkFailure,
  OperationTimedOut,
  OtherVersion,
  refused,
  requestFailure,
  unauthenticated,
} from './failures.ts';
import { Connections, type HttpAnswer, type HttpRequest } from './http.ts';
import type { Subscriptions } from './subscriptions.ts';

const ANSWER_MILLISECONDS = 60_000;
const TRIES = 3;
/** A control plane gives an operation up after 30 s while its work goes on: with these a mutation is waited for for five minutes. */
const MUTATION_TRIES = 10;
const PAUSE_MILLISECONDS = 250;

interface Payload {
  readonly userErrors: readonly UserErrorFieldsFragment[];
}

/** What uploads and downloads answer when they refuse. */
interface Refusal {
  readonly code?: unknown;
  readonly message?: unknown;
}

export class Client {
  readonly endpoint: Endpoint;
  readonly #signal: AbortSignal;
  readonly #connections: Connections;
  #subscriptions: Promise<Subscriptions> | undefined;

  /** Everything that is under way ends when `signal` aborts. `env` says which proxies there are. */
  constructor(endpoint: Endpoint, signal: AbortSignal, env: Readonly<Record<string, string | undefined>> = {}) {
    this.endpoint = endpoint;
    this.#signal = signal;
    this.#connections = new Connections(env);
  }

  /** Throws `CliError`, with exit code 3 without a valid token. Asked again when a connection broke. */
  async query<Result, Variables>(document: TypedDocument<Result, Variables>, variables: Variables): Promise<Result> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#post<Result>(document, variables);
      } catch (error) {
        if (error instanceof OtherVersion) throw await this.#withVersions(error);
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
    const answer = await this.#untilDone(document, { input: { ...input, idempotencyKey: crypto.randomUUID() } });
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
    try {
      yield* (await this.#subscriptions).open(document, variables, signal);
    } catch (error) {
      throw error instanceof OtherVersion ? await this.#withVersions(error) : error;
    }
  }

  /** Stores an archive (tar, gzip) of a source tree; answers its digest, for `deploy`. */
  async upload(archive: Readable, tenant?: string): Promise<{ digest: string; bytes: number }> {
    const query = tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`;
    const answered = await this.#ask(`/upload/source${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/gzip', accept: 'application/json' },
      body: archive,
      signal: this.#signal,
    });
    const answer = await this.#json(answered);
    const { digest, bytes, error } = answer as { digest?: unknown; bytes?: unknown; error?: Refusal };
    if (isSuccess(answered) && typeof digest === 'string' && typeof bytes === 'number') return { digest, bytes };
    throw this.#refusal(error) ?? this.#stranger(answered);
  }

  /** The body of a file that the control plane answers with. Throws `CliError`, also while it is read. */
  async download(path: string): Promise<Readable> {
    const answered = await this.#ask(path, { signal: this.#signal });
    if (isSuccess(answered)) return answered.body;
    const { error } = (await this.#json(answered)) as { error?: Refusal };
    throw this.#refusal(error) ?? this.#stranger(answered);
  }

  async close(): Promise<void> {
    this.#connections.close();
    if (this.#subscriptions !== undefined) await (await this.#subscriptions).close();
  }

  async #post<Result>(query: string, variables: unknown): Promise<Result> {
    const answered = await this.#ask('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]),
    });
    const answer = (await this.#json(answered)) as { data?: unknown; errors?: unknown };
    const failure = requestFailure(answer.errors, this.endpoint.url);
    if (failure !== undefined) throw failure;
    if (typeof answer.data === 'object' && answer.data !== null) return answer.data as Result;
    throw this.#stranger(answered);
  }

  async #ask(path: string, request: HttpRequest): Promise<HttpAnswer> {
    const { url, token } = this.endpoint;
    let answered: HttpAnswer;
    try {
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      answered = await this.#connections.request(`${url}${path}`, { ...request, headers });
    } catch (error) {
      throw this.#failed(error, request.signal);
    }
    const failure = this.#unready(answered);
    if (failure === undefined) return answered;
    answered.body.destroy();
    throw failure;
  }

  /** Why an answer is none, by its status. */
  #unready(answered: HttpAnswer): CliError | undefined {
    const { status } = answered;
    const { url } = this.endpoint;
    if (status === 401) return unauthenticated(url);
    if (status === 429) return new AskedTooMuch(url, answered.header('retry-after'));
    if (status !== 502 && status !== 503 && status !== 504) return undefined;
    return new ConnectionLost(`${url} is not ready (status ${status}); try again in a moment`);
  }

  async #json(answered: HttpAnswer): Promise<object> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of answered.body) chunks.push(chunk as Buffer);
    } catch (error) {
      throw this.#failed(error, this.#signal);
    }
    let answer: unknown;
    try {
      answer = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    } catch {
      // Whatever it is, it is not what a control plane answers.
      throw this.#stranger(answered);
    }
    if (typeof answer !== 'object' || answer === null) throw this.#stranger(answered);
    return answer;
  }

  #failed(error: unknown, signal: AbortSignal): unknown {
    if (this.#signal.aborted) return this.#signal.reason;
    if (!signal.aborted) return networkFailure(error, this.endpoint.url);
    return new CliError(EXIT.failed, `${this.endpoint.url} did not answer within ${ANSWER_MILLISECONDS / 1000} s`);
  }

  /** The failure with both versions in its message, as far as the other one can be asked for. */
  async #withVersions(failure: OtherVersion): Promise<CliError> {
    const { packageVersion } = await import('../package.ts');
    let version = 'of a version that it does not tell';
    try {
      const answer: object = await this.#json(await this.#ask('/', { signal: this.#signal }));
      const told: unknown = Reflect.get(answer, 'version');
      if (typeof told === 'string') version = told;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
    }
    return failure.between(packageVersion(), version, this.endpoint.url);
  }

  #refusal(error: Refusal | undefined): CliError | undefined {
    const { message, code } = error ?? {};
    return message === undefined ? undefined : requestFailure([{ message, extensions: { code } }], this.endpoint.url);
  }

  #stranger({ url, status }: HttpAnswer): CliError {
    return new CliError(
      EXIT.failed,
      `${url} answered with status ${status} and not as expected: is ${this.endpoint.url} the URL of a Cartwright control plane?`,
    );
  }
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}
