/** The balancer's listening side: takes connections within limits, finds each request's service cluster, and drains. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { recordOf, type AccessLog } from '../access-log.ts';
import type { Match, Targets } from '../balancing/targets.ts';
import type { Config } from '../config.ts';
import { admit } from '../limiting/admit.ts';
import { clientKey } from '../limiting/client-key.ts';
import type { Log } from '../log.ts';
import { TlsFront } from '../tls/front.ts';
import type { HeldCertificate } from '../../../../schema/agent/certificates.ts';
import { tokenIn, type Affinity } from './affinity.ts';
import { arrivalOf, type Arrival, type Trust } from './arrival.ts';
import { Exchange, type ExchangeSettings, type Forwarding } from './exchange.ts';
import { forwardedHeaders, hasNoClearHost, parseTarget, requestId } from './headers.ts';
import { reply, replyOnSocket, type Refusal } from './reply.ts';
import { hasBody } from './request-body.ts';
import { demandTls, strictTransport } from './secure.ts';
import { Tunnel } from './tunnel.ts';
import { answerUnreadable, type Unreadable } from './unreadable.ts';

const KEEP_ALIVE_PROBE_MILLISECONDS = 30_000;
/** Time in which a client that asks again on its connection is told to leave with the answer; and of the whole time at most this share. */
const LEAVING_SECONDS = 2;
const LEAVING_SHARE = 0.1;

const BAD_REQUEST: Refusal = { status: 400, text: 'The request names no host or path that can be routed.' };
const NO_ROUTE: Refusal = { status: 404, text: 'No application is routed at this host and path.' };
const TOO_LARGE: Refusal = { status: 413, text: 'The request’s body is too large.' };

const THROTTLED = {
  application: 'This application gets more requests than it may.',
  route: 'Requests to this path are more than there may be.',
  client: 'You send more requests than you may.',
} as const;

type Routed =
  | { readonly kind: 'forward'; readonly forwarding: Forwarding }
  | {
      readonly kind: 'refuse';
      readonly refusal: Refusal;
      readonly requestId: string;
      readonly alias: string | undefined;
      readonly client: string;
      readonly outcome: string;
    };

/** What the application says of it; holds for the requests that come from then on. */
export interface ServerRules {
  readonly trust: Trust;
  /** Whose request ids are kept. */
  readonly requestIdsFrom: 'anyone' | 'trusted-proxies';
}

export interface BalancerServerOptions {
  readonly config: Pick<Config, 'listen' | 'client' | 'upstream'>;
  readonly clock: () => number;
  readonly targets: Targets;
  readonly log: Log;
  readonly access: AccessLog;
  readonly rules: ServerRules;
}

export class BalancerServer {
  readonly #options: BalancerServerOptions;
  readonly #settings: ExchangeSettings;
  readonly #server: Server;
  readonly #front: TlsFront;
  readonly #tunnels = new Set<Tunnel>();
  /** The newest answer of each connection, whether begun or not. */
  readonly #newest = new WeakMap<Duplex, ServerResponse>();
  /** Connections on which nothing was asked yet; to Node they are not idle. */
  readonly #unasked = new Set<Socket>();
  #rules: ServerRules;
  #draining: Promise<void> | undefined;

  constructor(options: BalancerServerOptions) {
    const { client } = options.config;
    this.#options = options;
    this.#rules = options.rules;
    this.#settings = {
      clock: options.clock,
      bodyBytes: client.bodyBytes,
      readSeconds: options.config.upstream.idleSeconds,
      isDraining: () => this.#draining !== undefined,
      access: options.access,
    };
    this.#server = createServer(
      {
        maxHeaderSize: client.headerBytes,
        headersTimeout: client.headerSeconds * 1000,
        requestTimeout: Math.max(client.requestSeconds, client.headerSeconds) * 1000,
        connectionsCheckingInterval: 1000,
        keepAliveTimeout: client.keepAliveSeconds * 1000,
        insecureHTTPParser: false,
        // Answered like every other request that cannot be routed, with a text.
        requireHostHeader: false,
        noDelay: true,
        // A peer that is gone without a word would be in flight for ever.
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_PROBE_MILLISECONDS,
        optimizeEmptyRequests: true,
        // Clients offer h2c with ordinary requests; only web sockets are taken out of the ordinary way.
        shouldUpgradeCallback: isWebSocket,
      },
      (request, response) => this.#serve(request, response),
    );
    // Before the front, which hands on to those that listen already.
    this.#server.on('connection', (socket: Socket) => {
      this.#unasked.add(socket);
      socket.once('close', () => this.#unasked.delete(socket));
    });
    this.#front = new TlsFront(this.#server, { handshakeSeconds: client.handshakeSeconds, log: options.log });
    this.#server.maxConnections = client.maximumConnections;
    this.#server.on('upgrade', (request, socket, head) => this.#tunnel(request, socket, head));
    this.#server.on('clientError', (error: Unreadable, socket) =>
      answerUnreadable(error, socket, this.#newest.get(socket), {
        headerBytes: client.headerBytes,
        access: options.access,
      }),
    );
    this.#server.on('drop', () => options.log('warn', 'connection refused: LB_MAXIMUM_CONNECTIONS are open'));
  }

  applyRules(rules: ServerRules): void {
    this.#rules = rules;
  }

  /** For new connections; those that are open keep what they began with. */
  applyCertificates(certificates: readonly HeldCertificate[]): void {
    this.#front.apply(certificates);
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
   * Takes no new connection and asks clients to leave with their next answer. Connections on which nothing was asked for two seconds are closed: at
   * once they would be closed on clients whose next request is on its way. Resolves when nothing is open any more, or after `seconds`, when
   * what is left has been cut off.
   */
  drain(seconds: number): Promise<void> {
    this.#draining ??= this.#drain(seconds);
    return this.#draining;
  }

  async #drain(seconds: number): Promise<void> {
    // That of HTTP closes what is between two requests, too.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()));
    const silent = setTimeout(
      () => {
        this.#front.close();
        this.#server.closeIdleConnections();
        for (const socket of this.#unasked) socket.destroy();
      },
      Math.min(LEAVING_SECONDS, LEAVING_SHARE * seconds) * 1000,
    );
    let limit: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => (limit = setTimeout(resolve, seconds * 1000)));
    await Promise.race([closed, tooLate]);
    clearTimeout(limit);
    clearTimeout(silent);
    this.#front.close();
    for (const tunnel of this.#tunnels) tunnel.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#unasked.delete(request.socket);
    this.#newest.set(request.socket, response);
    const routed = this.#route(request);
    if (routed.kind === 'forward') {
      new Exchange(this.#settings, routed.forwarding, request, response).begin();
      return;
    }
    reply(response, routed.refusal, routed.requestId, this.#draining !== undefined);
    this.#logRefusal(request, routed);
  }

  #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#unasked.delete(request.socket);
    const routed = this.#route(request);
    if (routed.kind === 'refuse') {
      socket.on('error', () => socket.destroy());
      replyOnSocket(socket, routed.refusal, routed.requestId);
      this.#logRefusal(request, routed);
      return;
    }
    const settings = { ...this.#settings, upstream: this.#options.config.upstream };
    const tunnel = new Tunnel(settings, routed.forwarding, request, socket, head);
    this.#tunnels.add(tunnel);
    socket.on('close', () => this.#tunnels.delete(tunnel));
    tunnel.begin();
  }

  #logRefusal(request: IncomingMessage, refused: Routed & { kind: 'refuse' }): void {
    const { alias, requestId: id, refusal, client, outcome } = refused;
    const { host = '' } = request.headers;
    const { status } = refusal;
    this.#settings.access.log(() => ({
      ...recordOf({ requestId: id, alias, client, host, url: request.url ?? '' }, request, { status, outcome }),
      ...{ instance: undefined, retries: 0, bytesIn: 0, bytesOut: 0, seconds: 0 },
    }));
  }

  #route(request: IncomingMessage): Routed {
    const { targets, config, clock } = this.#options;
    const { headers } = request;
    const { trust, requestIdsFrom } = this.#rules;
    const arrival = arrivalOf(request, trust);
    const { client, protocol: spoken } = arrival;
    const mayName = requestIdsFrom === 'anyone' || arrival.isBelieved;
    const id = requestId(mayName ? headers['x-request-id'] : undefined, randomUUID);
    const refuse = (refusal: Refusal, outcome: string, alias?: string): Routed => ({
      ...{ kind: 'refuse', refusal, requestId: id, outcome, alias, client },
    });
    const named = parseTarget(request.url ?? '', headers.host);
    if (named.kind === 'invalid' || hasNoClearHost(request)) return refuse(BAD_REQUEST, 'invalid');
    const found = targets.find(named.host, named.path);
    if (!found) return refuse(NO_ROUTE, 'no-route');
    const { alias, target } = found;
    const demanded = demandTls(found.route, spoken, named, this.#front.isOffered);
    if (demanded !== undefined) return refuse(demanded, 'not-secure', alias);
    const { bodyBytes } = config.client;
    if (bodyBytes > 0 && Number(headers['content-length'] ?? 0) > bodyBytes)
      return refuse(TOO_LARGE, 'too-large', alias);
    const admission = admit(found.limiters, clientKey(client), clock());
    if (admission.kind === 'throttled') {
      target.counters.throttled();
      const retryAfterSeconds = Math.max(1, Math.ceil(admission.seconds));
      return refuse({ status: 429, text: THROTTLED[admission.by], retryAfterSeconds }, 'throttled', alias);
    }
    const { affinity, headers: forwarded } = forwardedOf(request, found, arrival, { host: named.host, requestId: id });
    const { release } = admission;
    const url = named.path + named.query;
    return {
      kind: 'forward',
      forwarding: {
        alias,
        target,
        affinity,
        host: named.host,
        url,
        headers: forwarded,
        answer: strictTransport(found.route, spoken),
        requestId: id,
        client,
        release,
      },
    };
  }
}

function forwardedOf(
  { headers, rawHeaders }: IncomingMessage,
  match: Match,
  arrival: Arrival,
  named: { readonly host: string; readonly requestId: string },
) {
  const affinity = affinityOf(match, headers.cookie, arrival.protocol === 'https');
  const context = { ...named, arrival, connection: headers.connection, withoutCookie: affinity?.cookie };
  return { affinity, headers: forwardedHeaders(rawHeaders, context) };
}

function affinityOf({ route, cookie }: Match, cookies: string | undefined, secure: boolean): Affinity | undefined {
  if (route.affinity !== 'cookie') return undefined;
  return { cookie, token: tokenIn(cookies, cookie), secure };
}

/** A handshake is a GET without a body (RFC 6455 §4.1); anything else that names an upgrade is an ordinary request. */
function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket' && !hasBody(request);
}
