/**
 * The one websocket of a page: every query, mutation and subscription goes over it (graphql-transport-ws,
 * https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md). A browser signs in by a cookie that no script can read, so nothing
 * is sent to introduce it.
 */
import { createClient, type Client, type ExecutionResult } from 'graphql-ws';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import { Refused } from './refused.ts';
import { retryMilliseconds } from './retry.ts';

/**
 * `since`: when it came to be so, in milliseconds of `performance.now()`. A connection that is `signed-out` or `broken` (the control plane and
 * the page do not understand each other) is not tried again by itself.
 * `version` is that of the control plane.
 */
export type ConnectionState =
  | { readonly kind: 'connecting'; readonly since: number }
  | { readonly kind: 'open'; readonly since: number; readonly version: string | null }
  | { readonly kind: 'lost'; readonly since: number; readonly attempt: number }
  | { readonly kind: 'broken'; readonly since: number; readonly reason: string }
  | { readonly kind: 'signed-out'; readonly since: number; readonly reason: string };

export interface Watcher<Result> {
  onNext(result: Result): void;
  /** It was refused, and is not begun again by itself. */
  onRefused(error: Refused): void;
  /** The server has no more to say of it. */
  onEnd?(): void;
}

/** A ping a few seconds after the last one: half-open connections are noticed within twice this time. */
const PING_MILLISECONDS = 5_000;
/** Close codes of the protocol after which the same again would be refused again. */
const FORBIDDEN = 4403;
const UNAUTHORIZED = 4401;

export class Connection {
  readonly #client: Client;
  readonly #listeners = new Set<() => void>();
  #state: ConnectionState = { kind: 'connecting', since: performance.now() };
  #heardAt = performance.now();
  #pongTimer: ReturnType<typeof setTimeout> | undefined;
  #hasClosed = false;

  constructor(url: string) {
    this.#client = createClient({
      url,
      lazy: false,
      keepAlive: PING_MILLISECONDS,
      retryAttempts: Infinity,
      shouldRetry: () => this.#state.kind !== 'signed-out' && !this.#hasClosed,
      retryWait: (retries) => untilOnlineOr(retryMilliseconds(retries, Math.random)),
      onNonLazyError: (event) => this.#onGivenUp(event),
      on: {
        connected: (_socket, payload) => {
          const version = typeof payload?.version === 'string' ? payload.version : null;
          this.#become({ kind: 'open', since: performance.now(), version });
        },
        connecting: () => {
          if (this.#state.kind === 'open') this.#becomeLost();
        },
        message: () => this.#hear(),
        ping: (received) => {
          if (!received) this.#awaitPong();
        },
        pong: () => this.#hear(),
        closed: (event) => this.#onClosed(event),
      },
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the server was last heard, in milliseconds of `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** @returns ends the listening */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A query or mutation. Rejects with {@link Refused}; waits while the connection is being made again. */
  ask<Result, Variables>(document: TypedDocument<Result, Variables>, variables: Variables): Promise<Result> {
    return new Promise((resolve, reject) => {
      let answer: Result | undefined;
      this.#subscribe<Result>(
        { query: document, variables: variables as Record<string, unknown> },
        {
          onNext: (result) => (answer = result),
          onRefused: reject,
          onEnd: () =>
            answer === undefined
              ? reject(new Refused('NO_ANSWER', 'the control plane gave no answer; try again'))
              : resolve(answer),
        },
      );
    });
  }

  /**
   * Follows a subscription over lost connections. `variables` is asked again each time that it is begun, so that a feed goes on after
   * what was seen last.
   * @returns ends it
   */
  watch<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: () => Variables,
    watcher: Watcher<Result>,
  ): () => void {
    const payload = {
      query: document,
      get variables() {
        return variables() as Record<string, unknown>;
      },
    };
    return this.#subscribe(payload, watcher);
  }

  /** Ends the connection and all that goes over it. */
  close(): void {
    this.#hasClosed = true;
    clearTimeout(this.#pongTimer);
    void this.#client.dispose();
  }

  #subscribe<Result>(
    payload: { readonly query: string; readonly variables: Record<string, unknown> },
    watcher: Watcher<Result>,
  ): () => void {
    let hasEnded = false;
    const end = this.#client.subscribe<Result>(payload, {
      next: (result: ExecutionResult<Result>) => {
        const [error] = result.errors ?? [];
        if (error !== undefined) {
          hasEnded = true;
          watcher.onRefused(Refused.of(error));
          end();
        } else if (result.data !== undefined && result.data !== null) watcher.onNext(result.data);
      },
      error: (error) => {
        if (hasEnded || this.#hasClosed) return;
        hasEnded = true;
        watcher.onRefused(Array.isArray(error) ? Refused.of(error[0]) : Refused.of(error));
      },
      complete: () => {
        if (hasEnded) return;
        hasEnded = true;
        watcher.onEnd?.();
      },
    });
    return () => {
      hasEnded = true;
      end();
    };
  }

  #onClosed(event: unknown): void {
    clearTimeout(this.#pongTimer);
    if (this.#hasClosed) return;
    const { code, reason } = event as { code?: number; reason?: string };
    if (code === FORBIDDEN || code === UNAUTHORIZED) {
      this.#become({ kind: 'signed-out', since: performance.now(), reason: reason ?? '' });
    } else this.#becomeLost();
  }

  /** Close codes after which the library does not try again: a mistake of one of the two programs. */
  #onGivenUp(event: unknown): void {
    if (this.#hasClosed || this.#state.kind === 'signed-out') return;
    const { reason, message } = event as { reason?: string; message?: string };
    this.#become({
      kind: 'broken',
      since: performance.now(),
      reason: reason ?? message ?? 'the connection was refused',
    });
  }

  #becomeLost(): void {
    const attempt = this.#state.kind === 'lost' ? this.#state.attempt + 1 : 1;
    const since = this.#state.kind === 'lost' ? this.#state.since : performance.now();
    this.#become({ kind: 'lost', since, attempt });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #hear(): void {
    this.#heardAt = performance.now();
    clearTimeout(this.#pongTimer);
  }

  /** A connection whose other end is gone without a word is cut, so that it is made again. */
  #awaitPong(): void {
    clearTimeout(this.#pongTimer);
    this.#pongTimer = setTimeout(() => this.#client.terminate(), PING_MILLISECONDS);
  }
}

/** Waits so long, or until the machine says that it has a network again. */
function untilOnlineOr(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      window.removeEventListener('online', go);
      resolve();
    };
    const timer = setTimeout(go, milliseconds);
    window.addEventListener('online', go);
  });
}
