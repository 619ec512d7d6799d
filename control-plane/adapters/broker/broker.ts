/**
 * The embedded broker: aedes behind allow-lists and limits, read through its `published` hook instead of a client.
 *
 * It keeps what is retained in memory only. That is enough: the database is the truth, the control plane publishes
 * everything again when it starts, and agents report anew when they connect again.
 */
import { createHash } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { Aedes } from 'aedes';
import type { AedesPublishPacket, Client } from 'aedes';
import type { Logger } from 'pino';
import { INGEST_FILTERS } from '../../../schema/mqtt/topics.ts';
import type { AgentAccount, BrokerAccounts } from '../../app/ports/broker-accounts.ts';
import type { Authenticate, IncomingMessage, Messaging, MessagingListener } from '../../app/ports/messaging.ts';
import { checkClearable, deliveryOf, notConnected } from '../mqtt/delivery.ts';
import type { Delivery } from '../mqtt/delivery.ts';
import { reasonOfError } from './client-error.ts';
import { createHooks, sourceOf } from './hooks.ts';
import { guardSocket, listen } from './listen.ts';
import type { ListenOptions } from './listen.ts';
import type { PacketLimits } from './packet-guard.ts';
import { Rejections } from './rejections.ts';
import type { Rejection, RejectionReason } from './rejections.ts';

interface BrokerLimits extends PacketLimits {
  /** Connections at once, those that have not said who they are included. */
  readonly connections: number;
  /** From the connection to a complete CONNECT, and from that to the answer about the token. */
  readonly connectMilliseconds: number;
  /** A client that does not read what it is sent for this long is cut off. */
  readonly drainMilliseconds: number;
  /** Longest keepalive: a peer that vanished is noticed after one and a half of it. */
  readonly keepaliveSeconds: number;
}

const DEFAULT_BROKER_LIMITS: BrokerLimits = {
  connections: 4096,
  connectMilliseconds: 5000,
  drainMilliseconds: 10_000,
  keepaliveSeconds: 120,
  packetBurst: 2000,
  packetsPerSecond: 500,
  byteBurst: 8 * 1024 * 1024,
  bytesPerSecond: 2 * 1024 * 1024,
};

export interface EmbeddedBrokerOptions extends ListenOptions {
  /** Asked at every CONNECT with client id and password. */
  readonly authenticate: Authenticate;
  readonly limits?: Partial<BrokerLimits>;
  readonly logger: Pick<Logger, 'warn' | 'error' | 'debug'>;
  /** Told of every refusal, for metrics. */
  readonly onReject?: (rejection: Rejection) => void;
  /** Milliseconds since the epoch; stamps what is received. */
  readonly now?: () => number;
}

/** Its accounts are the app's: it asks at each CONNECT, so that only what ends has to be told to it. */
export interface EmbeddedBroker extends Messaging, BrokerAccounts {
  /** The port that it listens on. */
  readonly port: number;
  /** Agents connected now. */
  readonly clients: number;
  /** Refusals since it was started. */
  readonly rejections: ReadonlyMap<RejectionReason, number>;
}

/** How long a publish waits for subscribers that read slowly before it counts as taken. */
const TAKEN_MILLISECONDS = 250;

/** Starts the broker. Throws `MessagingError` BROKER_TLS_REQUIRED, BROKER_PORT_IN_USE or BROKER_LISTEN_FAILED. */
export async function createEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = new AedesBroker(options);
  await broker.listen();
  return broker;
}

class AedesBroker implements EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #rejections: Rejections;
  readonly #now: () => number;
  readonly #aedes: Aedes;
  readonly #sockets = new Set<Socket>();
  readonly #current = new Map<string, Client>();
  /** SHA-256 (hex) of the token that each client came in with. */
  readonly #tokens = new WeakMap<Client, string>();
  #server: Server | undefined;
  #port = 0;
  #listener: MessagingListener | undefined;
  /** What arrives while the retained state is being delivered comes after it. */
  #held: IncomingMessage[] | undefined;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_BROKER_LIMITS, ...options.limits };
    this.#now = options.now ?? Date.now;
    this.#rejections = new Rejections(options.logger, options.onReject);
    this.#aedes = new Aedes({
      concurrency: 0,
      connectTimeout: this.#limits.connectMilliseconds,
      drainTimeout: this.#limits.drainMilliseconds,
      maxTopicLevels: 16,
      ...createHooks({
        authenticate: options.authenticate,
        onAuthenticated: (client, token) => this.#tokens.set(client, createHash('sha256').update(token).digest('hex')),
        authenticateMilliseconds: this.#limits.connectMilliseconds,
        keepaliveSeconds: this.#limits.keepaliveSeconds,
        rejections: this.#rejections,
        onPublished: (packet) => this.#onPublished(packet),
      }),
    });
    this.#watchClients();
  }

  async listen(): Promise<void> {
    await this.#aedes.listen();
    try {
      const { server, port } = await listen(this.#options, this.#limits.connectMilliseconds, (socket) =>
        this.#accept(socket),
      );
      this.#server = server;
      this.#port = port;
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#server.maxConnections = this.#limits.connections;
    this.#server.on('drop', (data) =>
      this.#rejections.count('too-many-connections', data?.remoteAddress ?? '', `at most ${this.#limits.connections}`),
    );
    this.#server.on('error', (error) => this.#options.logger.error({ err: error }, 'the broker’s listener failed'));
    this.#server.on('tlsClientError', (error: Error, socket: Socket) =>
      this.#rejections.count('protocol', socket.remoteAddress ?? '', error.message),
    );
  }

  get port(): number {
    return this.#port;
  }

  get clients(): number {
    return this.#current.size;
  }

  get rejections(): ReadonlyMap<RejectionReason, number> {
    return this.#rejections.counts;
  }

  get isConnected(): boolean {
    return this.#listener !== undefined && !this.#aedes.closed;
  }

  async start(listener: MessagingListener): Promise<void> {
    this.#listener = listener;
    const held: IncomingMessage[] = [];
    this.#held = held;
    for await (const packet of this.#retained()) this.#deliver(this.#received(packet, true));
    this.#held = undefined;
    for (const message of held) this.#deliver(message);
    listener.connected();
  }

  async publish(topic: string, payload: Buffer): Promise<void> {
    await this.#publish(topic, payload, deliveryOf(topic, payload));
  }

  async clear(topic: string): Promise<void> {
    checkClearable(topic);
    await this.#publish(topic, Buffer.alloc(0), { qos: 1, retain: true });
  }

  keep(): void {}

  /** Who comes is asked about at each CONNECT; who is there with a token that counts no more is told to come again. */
  async grant({ identity, accepted }: AgentAccount): Promise<boolean> {
    const client = this.#current.get(identity.instance);
    const token = client && this.#tokens.get(client);
    if (token !== undefined && !accepted.includes(token)) client?.close();
    return true;
  }

  async revoke(instance: string): Promise<void> {
    this.#current.get(instance)?.close();
  }

  async close(): Promise<void> {
    const listening = this.#server;
    const closed = listening === undefined ? undefined : new Promise((resolve) => listening.close(resolve));
    if (!this.#aedes.closed) await new Promise<void>((resolve) => this.#aedes.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = undefined;
  }

  #publish(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<void> {
    if (this.#aedes.closed) return Promise.reject(notConnected(topic));
    return new Promise((resolve, reject) => {
      // It is stored and on its way at once; the answer comes when every subscriber's socket has taken it, and one that is
      // frozen must not hold up the publisher.
      const taken = setTimeout(resolve, TAKEN_MILLISECONDS);
      this.#aedes.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, (error) => {
        clearTimeout(taken);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #retained(): AsyncIterable<AedesPublishPacket> {
    const { persistence } = this.#aedes as unknown as {
      persistence: { createRetainedStreamCombi(filters: readonly string[]): AsyncIterable<AedesPublishPacket> };
    };
    return persistence.createRetainedStreamCombi(INGEST_FILTERS);
  }

  #received({ topic, payload }: Pick<AedesPublishPacket, 'topic' | 'payload'>, retained: boolean): IncomingMessage {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    return { topic, payload: bytes, retained, receivedAt: this.#now() };
  }

  #onPublished(packet: AedesPublishPacket): void {
    const message = this.#received(packet, false);
    if (this.#held === undefined) this.#deliver(message);
    else this.#held.push(message);
  }

  #deliver(message: IncomingMessage): void {
    // An empty payload only clears what was retained; it reports nothing.
    if (message.payload.byteLength === 0) return;
    try {
      this.#listener?.message(message);
    } catch (error) {
      this.#rejections.count('listener-error', message.topic, String(error));
    }
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const address = socket.remoteAddress ?? '';
    guardSocket(socket, this.#limits, (violation) => {
      this.#rejections.count(violation, client.id ?? address, 'the connection was ended');
    });
    const client = this.#aedes.handle(socket);
  }

  #watchClients(): void {
    const errored = (client: Client, error: Error) => {
      const reason = reasonOfError(error);
      if (reason !== undefined) this.#rejections.count(reason, sourceOf(client), error.message);
    };
    this.#aedes.on('clientError', errored);
    this.#aedes.on('connectionError', errored);
    this.#aedes.on('client', (client) => {
      // aedes closes the connection that this one takes over from, but loses sight of it when a third comes meanwhile.
      const before = this.#current.get(client.id);
      if (before !== undefined && before !== client && !before.closed) before.close();
      this.#current.set(client.id, client);
    });
    this.#aedes.on('clientDisconnect', (client) => {
      if (this.#current.get(client.id) === client) this.#current.delete(client.id);
    });
    // Nobody listening to it would end the process.
    (this.#aedes as NodeJS.EventEmitter).on('error', (error: Error) =>
      this.#options.logger.error({ err: error }, 'the broker reports an error'),
    );
  }
}
