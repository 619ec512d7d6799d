/** Subscriptions over one websocket (protocol graphql-transport-ws). Loaded only by commands that follow something. */
import { createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import { CliError } from '../exit.ts';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import type { Endpoint } from './endpoint.ts';
import { ConnectionLost, requestFailure, unauthenticated } from './failures.ts';

/** Close codes of the protocol that mean: the token is not accepted. */
const REFUSED = new Set([4401, 4403]);
const KEEP_ALIVE_MILLISECONDS = 15_000;

export interface Subscriptions {
  open<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables,
    signal: AbortSignal,
  ): AsyncGenerator<Result, void, undefined>;
  close(): Promise<void>;
}

/** Connects at the first subscription. A broken connection ends what is open with `ConnectionLost`; the next one connects again. */
export function connect(endpoint: Endpoint): Subscriptions {
  const client = createClient({
    url: `${endpoint.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${endpoint.token}` },
    retryAttempts: 0,
    keepAlive: KEEP_ALIVE_MILLISECONDS,
    onNonLazyError: () => undefined,
  });
  return {
    async *open<Result, Variables>(
      document: TypedDocument<Result, Variables>,
      variables: Variables,
      signal: AbortSignal,
    ) {
      signal.throwIfAborted();
      const answers = client.iterate<Result>({ query: document, variables: variables as Record<string, unknown> });
      const stop = (): void => void answers.return?.();
      signal.addEventListener('abort', stop, { once: true });
      try {
        for await (const answer of answers) {
          const failure = requestFailure(answer.errors, endpoint.url);
          if (failure !== undefined) throw failure;
          if (answer.data) yield answer.data;
        }
      } catch (error) {
        throw subscriptionFailure(error, endpoint.url);
      } finally {
        signal.removeEventListener('abort', stop);
        await answers.return?.();
      }
      signal.throwIfAborted();
    },
    close: async () => {
      await client.dispose();
    },
  };
}

/** The client rejects with a close event, an error event, or the GraphQL errors of the operation. */
function subscriptionFailure(error: unknown, url: string): CliError {
  if (error instanceof CliError) return error;
  const failure = requestFailure(error, url);
  if (failure !== undefined) return failure;
  const { code, reason, message } = error as { code?: unknown; reason?: unknown; message?: unknown };
  if (typeof code === 'number' && REFUSED.has(code)) return unauthenticated(url);
  const why = [reason, message].find((text): text is string => typeof text === 'string' && text !== '');
  return new ConnectionLost(`the connection to ${url} was lost${why === undefined ? '' : `: ${why}`}`, error);
}
