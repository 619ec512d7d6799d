/** The GraphQL endpoint on a real HTTP server, for tests. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { RateLimiter, type RateLimits } from '../../app/rate-limiter.ts';
import type { Limits } from '../limits.ts';
import { createGraphQL } from '../server.ts';
import { InMemoryUseCases } from './use-cases.ts';

export interface GraphQLAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

export interface Served {
  readonly useCases: InMemoryUseCases;
  readonly url: string;
  readonly webSocketUrl: string;
  /** Entries of the log, as pino wrote them. */
  readonly log: Record<string, unknown>[];
  /** Reasons of what was refused by rates and origins, in order. */
  readonly refused: readonly string[];
  readonly rates: RateLimiter;
  /** Asks as the deployer; `token: null` sends none. */
  ask(query: string, variables?: object, token?: string | null): Promise<GraphQLAnswer>;
  /** Sends any body to the endpoint. */
  post(body: string, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export async function serve(limits: Partial<Limits> = {}, given: Partial<RateLimits> = {}): Promise<Served> {
  const useCases = new InMemoryUseCases();
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const refused: string[] = [];
  const rates = new RateLimiter(
    { requestsPerSecond: 1e6, burst: 1e6, concurrent: 1e3, subscriptions: 1e3, ...given },
    () => performance.now(),
    (reason) => void refused.push(reason),
  );
  const origins = ['https://console.example'];
  const graphql = await createGraphQL({ useCases, logger, limits, rates, origins });
  const app = express();
  app.use('/graphql', graphql.router);
  const server = createServer(app);
  graphql.attachWebSocket(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/graphql`;

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer deployer-token', ...headers },
      body,
    });
  return {
    useCases,
    url,
    webSocketUrl: `ws://127.0.0.1:${port}/graphql`,
    log,
    refused,
    rates,
    post,
    async ask(query, variables, token = 'deployer-token') {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphQLAnswer;
    },
    async close() {
      await graphql.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
