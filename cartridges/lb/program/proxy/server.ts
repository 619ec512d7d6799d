/** The balancer's listening side: takes connections within limits, finds each request's service cluster, and drains. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AccessRecord } from '../access-log.ts';
import type { Match, Targets } from '../balancing/targets.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { tokenIn, type Affinity } from './affinity.ts';
import { Exchange, type ExchangeSettings, type Forwarding } from './exchange.ts';
import { forwardedHeaders, forwardedProtocol, hasAmbiguousHost, parseTarget, requestId } from './headers.ts';
import { reply, type Refusal } from './reply.ts';
import { Tunnel } from './tunnel.ts';

const BAD_REQUEST: Refusal = { status: 400, text: 'The request names no host or path that can be routed.' };
const NO_ROUTE: Refusal = { status: 404, text: 'No application is routed at this host and path.' };
const TOO_LARGE: Refusal = { status: 413, text: 'The request’s body is too large.' };

type Routed =
  | { readonly kind: 'forward'; readonly forwarding: Forwarding }
  | { readonly kind: 'refuse'; readonly refusal: Refusal; readonly requestId: string };

export interface BalancerServerOptions {
  readonly config: Pick<Config, 'listen' | 'client' | 'trustForwarded' | 'upstream'>;
  readonly clock: () => number;
  readonly targets: Targets;
  readonly log: Log;
  readonly onEnd: ((record: AccessRecord) => void) | undefined;
}

export class BalancerServer {
  readonly #options: BalancerServerOptions;
  readonly #settings: ExchangeSettings;
  readonly #server: Server;
  readonly #tunnels = new Set<Tunnel>();
  /** The newest answer of each connection, whether begun or not. */
  readonly #newest = new WeakMap<Duplex, ServerResponse>();
  #draining: Promise<void> | undefined;

  constructor(options: BalancerServerOptions) {
    const { client } = options.config;
    this.#options = options;
    this.#settings = {
      clock: options.clock,
      bodyBytes: client.bodyBytes,
      readSeconds: options.config.upstream.idleSeconds,
      isDraining: () => this.#draining !== undefined,
      onEnd: options.onEnd,
    };
    this.#server = createServer(
      {
        maxHeaderSize: client.headerBytes,
        headersTimeout: client.headerSeconds * 1000,
        requestTimeout: Math.max(client.requestSeconds, client.headerSeconds) * 1000,
        connectionsCheckingInterval: 1000,
        keepAliveTimeout: client.keepAliveSeconds * 1000,
        insecureHTTPParser: false,
        requireHostHeader: true,
        noDelay: true,
        optimizeEmptyRequests: true,
        // Clients offer h2c with ordinary requests; only web sockets are taken out of the ordinary way.
        shouldUpgradeCallback: isWebSocket,
      },
      (request, response) => this.#serve(request, response),
    );
    this.#server.maxConnections = client.maximumConnections;
    this.#server.on('upgrade', (request, socket, head) => this.#tunnel(request, socket, head));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      answerClientError(error, socket, this.#newest.get(socket)),
    );
    this.#server.on('drop', () => options.log('warn', 'connection refused: LB_MAXIMUM_CONNECTIONS are open'));
  }

  /** Resolves to the port once it listens; rejects with the system's error, such as EADDRINUSE. */
  async listen(): Promise<number> {
    const { host, port } = this.#options.config.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 4096 }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => this.#options.log('error', 'listening failed', { error: error.message }));
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Takes no new connection and asks clients to leave with their next answer. Resolves when nothing is open any more, or
   * after `seconds`, when what is left has been cut off.
   */
  drain(seconds: number): Promise<void> {
    this.#draining ??= this.#drain(seconds);
    return this.#draining;
  }

  async #drain(seconds: number): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const tooLate = new Promise<void>((resolve) => (limit = setTimeout(resolve, seconds * 1000)));
    await Promise.race([closed, tooLate]);
    clearTimeout(limit);
    for (const tunnel of this.#tunnels) tunnel.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#newest.set(request.socket, response);
    const routed = this.#route(request);
    if (routed.kind === 'refuse') {
      reply(response, routed.refusal, routed.requestId, this.#draining !== undefined);
      return;
    }
    new Exchange(this.#settings, routed.forwarding, request, response).begin();
  }

  #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const routed = this.#route(request);
    const tunnel = new Tunnel(
      { ...this.#settings, upstream: this.#options.config.upstream },
      request,
      socket,
      head,
      () => this.#tunnels.delete(tunnel),
    );
    this.#tunnels.add(tunnel);
    if (routed.kind === 'refuse') tunnel.refuse(routed.refusal);
    else tunnel.begin(routed.forwarding);
  }

  #route(request: IncomingMessage): Routed {
    const { config, targets } = this.#options;
    const { headers, rawHeaders } = request;
    const id = requestId(headers['x-request-id'], randomUUID);
    const named = parseTarget(request.url ?? '', headers.host);
    if (named.kind === 'invalid' || hasAmbiguousHost(rawHeaders))
      return { kind: 'refuse', refusal: BAD_REQUEST, requestId: id };
    const found = targets.find(named.host, named.path);
    if (!found) return { kind: 'refuse', refusal: NO_ROUTE, requestId: id };
    const { bodyBytes } = config.client;
    if (bodyBytes > 0 && Number(headers['content-length'] ?? 0) > bodyBytes)
      return { kind: 'refuse', refusal: TOO_LARGE, requestId: id };
    const spoken = { trustForwarded: config.trustForwarded, received: headers, protocol: 'http' } as const;
    const affinity = affinityOf(found, headers.cookie, forwardedProtocol(spoken) === 'https');
    const forwarded = forwardedHeaders(rawHeaders, {
      ...spoken,
      host: named.host,
      requestId: id,
      clientAddress: clientAddress(request),
      withoutCookie: affinity?.cookie,
    });
    const { alias, target } = found;
    const url = named.path + named.query;
    return {
      kind: 'forward',
      forwarding: { alias, target, affinity, host: named.host, url, headers: forwarded, requestId: id },
    };
  }
}

function affinityOf({ route, cookie }: Match, cookies: string | undefined, secure: boolean): Affinity | undefined {
  if (route.affinity !== 'cookie') return undefined;
  return { cookie, token: tokenIn(cookies, cookie), secure };
}

/** An IPv4 client that reached an IPv6 socket is still an IPv4 client. */
function clientAddress({ socket }: IncomingMessage): string {
  return socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown';
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * A message that is no HTTP, or comes too slowly: one answer where that is still possible, then the connection ends. It is
 * not possible in the middle of another answer, which it would become a part of.
 */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, newest: ServerResponse | undefined): void {
  const answering = newest && !newest.writableFinished && (newest.headersSent || newest.socket === null);
  if (error.code === 'ECONNRESET' || !socket.writable || answering) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}
