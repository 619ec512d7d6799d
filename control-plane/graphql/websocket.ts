/**
 * GraphQL over websockets: the protocol `graphql-transport-ws` of the graphql-ws library
 * (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md) on the ws library, with bounds.
 *
 * Nothing is buffered without bound: a subscription's next item is pulled only when the one before it was handed to the
 * kernel, and while more than `bufferedBytes` wait to be sent on a connection, nothing is read from it.
 */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type ExecutionArgs, type GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Server } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import type { RateLimiter, Refusal } from '../app/rate-limiter.ts';
import { isOwnPage } from '../app/sessions/pages.ts';
import type { UseCases } from '../app/use-cases.ts';
import { tooOften } from './admission.ts';
import { arrivalOf, sessionOfPage, type Arrival } from './arrival.ts';
import type { GraphQLContext } from './context.ts';
import { presentError } from './errors.ts';
import { identify, type Identified } from './identify.ts';
import type { Limits } from './limits.ts';
import { newContext, prepare } from './operations.ts';
import { SharedPayloads, textOf } from './shared-payloads.ts';
import { isShared, subscribeSharing } from './shared-results.ts';

/** A connection that does not answer a ping within this time is cut. */
const KEEP_ALIVE_MILLISECONDS = 20_000;
const INITIALISATION_MILLISECONDS = 10_000;
const CLOSING_MILLISECONDS = 1_000;

/** Close code of RFC 6455's registry: the server is busy. */
const TRY_AGAIN_LATER = 1013;
/** What a connection itself takes of the limits; no operation's id is a symbol. */
const CONNECTION = Symbol('connection');

/** What belongs to one connection. */
interface Connection {
  readonly arrival: Arrival;
  /** The session that the browser showed when it opened the connection. */
  readonly shownSession: string | undefined;
  /** Whose it is, once it was accepted. */
  identified?: Identified;
  /** Ends the following of its token, or session. */
  unfollow?: () => void;
  /** Gives back what its operations take of the token's limits, by their ids. */
  readonly releases: Map<string | symbol, () => void>;
  readonly payloads: SharedPayloads;
  /** What it had open has been ended; what it sends is not read any more. */
  hasEnded: boolean;
  /** Ends everything that the connection has open, now, and the connection with it. */
  readonly end: (code: number, reason: string) => void;
}

export interface WebSocketOptions {
  readonly schema: GraphQLSchema;
  readonly useCases: UseCases;
  readonly rates: RateLimiter;
  /** Origins of pages that may connect, beside those of the host that is asked. */
  readonly origins: readonly string[];
  /** That of the URL under which people reach the control plane; null where nobody said. */
  readonly publicOrigin: string | null;
  readonly logger: Logger;
  readonly limits: Limits;
  /** Of the control plane: clients see by it that it was upgraded under them. Absent: it is not told. */
  readonly version?: string | undefined;
  /** Path of the endpoint; upgrades to any other are answered with 404. */
  readonly path: string;
}

export class GraphQLWebSockets {
  readonly #options: WebSocketOptions;
  readonly #sockets: WebSocketServer;
  readonly #protocol: Server<Connection>;
  readonly #detach: (() => void)[] = [];
  #closed = false;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.limits.bodyBytes,
      perMessageDeflate: false,
      handleProtocols,
    });
    this.#protocol = makeProtocol(options);
  }

  /** Answers the upgrades of an HTTP server from now on, all of them: one for another path gets 404. */
  attach(server: HttpServer): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head);
    server.on('upgrade', onUpgrade);
    this.#detach.push(() => server.off('upgrade', onUpgrade));
  }

  /** Says good-bye to every connection, which ends its subscriptions, and cuts those that do not go within a second. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const detach of this.#detach.splice(0)) detach();
    const gone = [...this.#sockets.clients].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const socket of this.#sockets.clients) {
      socket.resume();
      socket.close(1001, 'the control plane is stopping');
    }
    const cut = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
    }, CLOSING_MILLISECONDS);
    await Promise.all(gone);
    clearTimeout(cut);
    await new Promise<void>((resolve) => this.#sockets.close(() => resolve()));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] !== this.#options.path) return refuse(socket, '404 Not Found');
    if (!this.#mayOpen(request)) {
      this.#options.rates.onRefused('origin');
      return refuse(socket, '403 Forbidden');
    }
    if (this.#closed || this.#sockets.clients.size >= this.#options.limits.connections) {
      return refuse(socket, '503 Service Unavailable');
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#serve(opened, request));
  }

  /** Whether the page that a browser opens the connection for is one of ours, or was allowed. Other programs name no origin. */
  #mayOpen({ headers }: IncomingMessage): boolean {
    const { origins, publicOrigin } = this.#options;
    const { origin } = headers;
    return origin === undefined || origins.includes(origin) || isOwnPage(headers, publicOrigin);
  }

  #serve(socket: WebSocket, request: IncomingMessage): void {
    const { logger, limits, publicOrigin } = this.#options;
    const stopPinging = keepAlive(socket);
    // Broken frames, invalid UTF-8 and messages that are too large: ws closes the connection with the fitting code.
    socket.on('error', (error) => logger.debug({ err: error }, 'a websocket was closed because of what it sent'));
    const end = (code: number, reason: string): void => {
      if (connection.hasEnded) return;
      connection.hasEnded = true;
      connection.unfollow?.();
      for (const release of connection.releases.values()) release();
      closed(code, reason).catch((error: unknown) =>
        logger.error({ err: error }, 'the subscriptions of a websocket could not be ended'),
      );
    };
    const connection: Connection = {
      arrival: arrivalOf(request, publicOrigin),
      shownSession: sessionOfPage(request, publicOrigin),
      hasEnded: false,
      releases: new Map(),
      payloads: new SharedPayloads(),
      end: (code, reason) => {
        end(code, reason);
        cut(socket, code, reason);
      },
    };
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, connection.payloads.fill(text), limits.bufferedBytes),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) =>
          socket.on('message', (data: Buffer, isBinary) => {
            if (connection.hasEnded) return;
            if (isBinary) return socket.close(CloseCode.BadRequest, 'Invalid message received');
            take(data.toString()).catch((error: unknown) => {
              logger.error({ err: error }, 'a websocket message could not be handled');
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          }),
      },
      connection,
    );
    socket.once('close', (code, reason) => {
      stopPinging();
      end(code, reason.toString());
    });
  }
}

function makeProtocol({ schema, useCases, rates, logger, limits, version }: WebSocketOptions): Server<Connection> {
  /** How many there are of each token. */
  const connections = new Map<string, number>();
  const present = (error: GraphQLError) => presentError(error.toJSON(), error, logger);
  return makeServer<Record<string, unknown> | undefined, Connection>({
    connectionInitWaitTimeout: INITIALISATION_MILLISECONDS,
    subscribe: subscribeSharing,
    async onConnect({ connectionParams, extra }) {
      const identified = await identify(useCases, connectionParams, extra.shownSession);
      if (identified === undefined) return false;
      const { principal } = identified;
      // It may have gone while its token was looked at.
      if (extra.hasEnded) return false;
      const others = connections.get(principal.token) ?? 0;
      if (others >= limits.connectionsPerToken) {
        rates.onRefused('connections');
        extra.end(TRY_AGAIN_LATER, `more than ${limits.connectionsPerToken} connections of one token`);
        return false;
      }
      connections.set(principal.token, others + 1);
      extra.releases.set(CONNECTION, () => {
        const left = (connections.get(principal.token) ?? 1) - 1;
        if (left > 0) connections.set(principal.token, left);
        else connections.delete(principal.token);
      });
      extra.identified = identified;
      extra.unfollow = identified.follow((reason) => extra.end(CloseCode.Forbidden, reason));
      return version === undefined ? true : { version };
    },
    onSubscribe({ extra, subscriptions }, id, payload): ExecutionArgs | readonly GraphQLError[] {
      if (Object.keys(subscriptions).length > limits.operationsPerConnection) {
        return [tooManyOperations(limits.operationsPerConnection)];
      }
      // The protocol refuses to subscribe before the connection was acknowledged, so there is a principal.
      const { principal, sessionEndsAt } = extra.identified!;
      const request = rates.request(principal.token);
      if (!request.ok) return refused(request);
      const prepared = prepare(schema, payload, limits);
      if (!('args' in prepared)) {
        request.release();
        return prepared;
      }
      let { release } = request;
      if (prepared.isSubscription) {
        request.release();
        const subscription = rates.subscribe(principal.token);
        if (!subscription.ok) return refused(subscription);
        ({ release } = subscription);
      }
      extra.releases.set(id, release);
      const milliseconds = prepared.isSubscription ? null : limits.operationMilliseconds;
      return {
        ...prepared.args,
        contextValue: newContext({ useCases, rates }, principal, { milliseconds, sessionEndsAt, ...extra.arrival }),
      };
    },
    onOperation(_context, _id, _payload, args) {
      (args.contextValue as GraphQLContext).deadline?.close();
    },
    onNext({ extra }, _id, _payload, _args, result) {
      if (result.errors === undefined) return isShared(result) ? extra.payloads.stand(textOf(result)) : undefined;
      return { ...result, errors: result.errors.map(present) };
    },
    onComplete({ extra }, id) {
      extra.releases.get(id)?.();
      extra.releases.delete(id);
    },
    onError: (_context, _id, _payload, errors) => errors.map(present),
  });
}

function refused(refusal: Refusal): readonly GraphQLError[] {
  const { message, extensions } = tooOften(refusal);
  return [new GraphQLError(message, { extensions })];
}

function tooManyOperations(limit: number): GraphQLError {
  return new GraphQLError(`more than ${limit} operations at once on one connection: end some, or open another`, {
    extensions: { code: 'OPERATION_TOO_LARGE' },
  });
}

/** Resolves when the text was handed to the kernel. While much waits to be sent, nothing is read from the connection. */
function send(socket: WebSocket, text: string, bufferedBytes: number): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    socket.send(text, () => {
      // An error here means that the connection is gone; its 'close' event ends what belongs to it.
      if (socket.isPaused && socket.bufferedAmount < bufferedBytes / 2) socket.resume();
      resolve();
    });
    if (socket.bufferedAmount > bufferedBytes) socket.pause();
  });
}

/** Says good-bye, and does not wait for long: a client that does not answer is cut off. */
function cut(socket: WebSocket, code: number, reason: string): void {
  socket.resume();
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSING_MILLISECONDS);
  socket.once('close', () => clearTimeout(timer));
}

function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, KEEP_ALIVE_MILLISECONDS);
  return () => clearInterval(timer);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
