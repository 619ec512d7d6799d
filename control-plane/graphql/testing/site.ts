/** The real app (its database, its use cases; a machine in memory) behind the real endpoint, over HTTP and websockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createClient, type Client } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { newUid } from '../../../schema/ids.ts';
import { sessionRoutes } from '../../adapters/http/session-routes.ts';
import { uploadRoutes } from '../../adapters/http/upload-routes.ts';
import { authenticate, createToken } from '../../app/ask/authenticate.ts';
import type { TokenRecord } from '../../app/records/tenants.ts';
import { RateLimiter, type RateLimits } from '../../app/rate-limiter.ts';
import { Platform } from '../../app/testing/platform.ts';
import type { UseCases } from '../../app/use-cases.ts';
import type { Limits } from '../limits.ts';
import { createGraphQL } from '../server.ts';
import type { GraphQLAnswer } from './serve.ts';

/** Tests ask fast; those of the rates say so. */
const UNLIMITED: RateLimits = { requestsPerSecond: 1e6, burst: 1e6, concurrent: 1e3, subscriptions: 1e3 };

export class Site implements AsyncDisposable {
  readonly platform: Platform;
  readonly url: string;
  /** Entries of the log, as pino wrote them. */
  readonly log: Record<string, unknown>[];
  readonly #close: () => Promise<void>;
  readonly #clients: Client[] = [];

  private constructor(platform: Platform, url: string, log: Record<string, unknown>[], close: () => Promise<void>) {
    this.platform = platform;
    this.url = url;
    this.log = log;
    this.#close = close;
  }

  static async open(
    options: { limits?: Partial<Limits>; rates?: Partial<RateLimits>; publicUrl?: string } = {},
  ): Promise<Site> {
    const platform = await Platform.open();
    const publicOrigin = options.publicUrl === undefined ? null : new URL(options.publicUrl).origin;
    if (options.publicUrl !== undefined) {
      platform.publicUrl = options.publicUrl;
      await platform.start();
    }
    const log: Record<string, unknown>[] = [];
    const logger = pino(
      { level: 'debug' },
      { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const useCases = useCasesOf(platform);
    const rates = new RateLimiter({ ...UNLIMITED, ...options.rates }, () => performance.now());
    const graphql = await createGraphQL({ useCases, logger, rates, limits: options.limits ?? {}, publicOrigin });
    const app = express();
    app.use('/graphql', graphql.router);
    app.use(uploadRoutes({ useCases, rates, logger }));
    const now = () => platform.now;
    app.use(sessionRoutes({ useCases, publicOrigin, logger, now, monotonic: () => performance.now() }));
    const server = createServer(app);
    graphql.attachWebSocket(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new Site(platform, url, log, async () => {
      await graphql.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  get webSocketUrl(): string {
    return `${this.url.replace('http', 'ws')}/graphql`;
  }

  /** Makes a token without asking anybody; by default a viewer's of `acme`. */
  async token(of: Partial<TokenRecord> = {}): Promise<{ readonly bearer: string; readonly record: TokenRecord }> {
    const record = {
      name: newUid(),
      role: 'viewer',
      tenant: 'acme',
      application: null,
      expiresAt: null,
      ...of,
    } as const;
    const created = await createToken(this.platform.database, record, { now: this.platform.now, newUid });
    return { bearer: created.token, record: created.record };
  }

  async post(bearer: string | null, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async ask(bearer: string | null, query: string, variables: object = {}): Promise<GraphQLAnswer> {
    return (await (await this.post(bearer, { query, variables })).json()) as GraphQLAnswer;
  }

  /** The payload of a mutation with one `input`; `selection` is what is asked of it beside its user errors. */
  async mutate(bearer: string | null, name: string, input: object, selection = ''): Promise<MutationAnswer> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { code message field } } }`;
    const { data, errors } = await this.ask(bearer, query, { input });
    const payload = data?.[name] as MutationAnswer['payload'] | undefined;
    const refused = payload?.userErrors[0] ?? errors?.map(({ message, extensions }) => ({ ...extensions, message }))[0];
    const { code = null, message = null } = (refused ?? {}) as Partial<UserErrorAnswer>;
    return { payload: payload ?? null, code, message };
  }

  /** Asks or subscribes over a websocket of its own. */
  subscribe(bearer: string, query: string, variables: Record<string, unknown> = {}) {
    const client = createClient({
      url: this.webSocketUrl,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${bearer}` },
      retryAttempts: 0,
    });
    this.#clients.push(client);
    return client.iterate({ query, variables });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.dispose();
    await this.#close();
    await this.platform[Symbol.asyncDispose]();
  }
}

export interface MutationAnswer {
  readonly payload: ({ readonly userErrors: readonly UserErrorAnswer[] } & Readonly<Record<string, unknown>>) | null;
  /** Of the first user error, or of the first error of the request; null: it was carried out. */
  readonly code: string | null;
  readonly message: string | null;
}

interface UserErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
}

function useCasesOf(platform: Platform): UseCases {
  return {
    get queries() {
      return platform.parts.queries;
    },
    get mutations() {
      return platform.parts.mutations;
    },
    get feeds() {
      return platform.parts.feeds;
    },
    authenticate: (token) => authenticate(platform.database, token, platform.now),
    get sessions() {
      return platform.parts.sessions;
    },
    followToken: (principal, onEnd) => platform.parts.tokenWatch.follow(principal, onEnd),
    audited: (principal, request, work) => platform.parts.trail.run(principal, request, work),
    idempotent: (principal, question, work) =>
      platform.database.idempotent({ ...question, scope: principal.token }, work),
  };
}
