/**
 * Messaging over any MQTT 3.1.1 broker that stands outside.
 *
 * Every connection is a new client with a clean session: nothing that was on its way when a connection broke is sent on the
 * next one, where it would come after newer documents. The app publishes everything again when it is told of a connect.
 */
import mqtt from 'mqtt';
import type { IClientOptions, ISubscriptionMap, MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import { brokerProblem, type BrokerProblem } from '../../../schema/mqtt/broker-problem.ts';
import { DELIVERY, INGEST_FILTERS } from '../../../schema/mqtt/topics.ts';
import { MessagingError } from '../../app/errors.ts';
import type { Messaging, MessagingListener } from '../../app/ports/messaging.ts';
import { checkClearable, deliveryOf, notConnected } from './delivery.ts';
import type { Delivery } from './delivery.ts';

export interface MqttMessagingOptions {
  /** `mqtt://host:1883` or `mqtts://host:8883`, without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM of the authorities that the broker's certificate is checked against; the system's if absent. */
  readonly authority?: string;
  /** Unique at the broker: a second client of the same id ends the first one's connection. */
  readonly clientId: string;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Bounds of the reconnect back-off: each wait is a random part of a limit that doubles from the first to the longest. */
  readonly backOffMilliseconds?: { readonly first: number; readonly longest: number };
  /** Longest wait for the broker to confirm a publish, or its subscriptions. */
  readonly confirmMilliseconds?: number;
  /** Longest time that `start` waits for the first connection; it is gone on trying after that. */
  readonly startMilliseconds?: number;
  /** How often the retained state is read again while connected, for what was lost at QoS 0. */
  readonly rereadMilliseconds?: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

const BACK_OFF = { first: 500, longest: 30_000 };
/** A connection that held this long was a good one: the next wait begins small again. */
const GOOD_CONNECTION_MILLISECONDS = 10_000;
const CONFIRM_MILLISECONDS = 10_000;
const CLOSED = 'the connection was closed';

/**
 * What is subscribed to, by filter. Retained leaves at QoS 0: at QoS 1 a broker of 3.1.1 sends only as many as it allows in
 * flight and queued, and drops the rest of a large set in silence. What gets lost so is read again.
 */
const RETAINED_FILTERS = subscriptions((delivery) => delivery.retain);
const ALL_FILTERS = { ...RETAINED_FILTERS, ...subscriptions((delivery) => !delivery.retain) };

function subscriptions(which: (delivery: Delivery) => boolean): ISubscriptionMap {
  const entries = INGEST_FILTERS.map((filter) => {
    const leaf = filter.slice(filter.lastIndexOf('/') + 1) as keyof typeof DELIVERY;
    return [filter, DELIVERY[leaf]] as const;
  });
  return Object.fromEntries(
    entries
      .filter(([, delivery]) => which(delivery))
      .map(([filter, delivery]) => [filter, { qos: delivery.retain ? 0 : delivery.qos }]),
  );
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly client: MqttClient }
  | { readonly kind: 'connected'; readonly client: MqttClient; readonly since: number; readonly reread: NodeJS.Timeout }
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

/** Checks the options; connects at `start`. Throws `MessagingError` MQTT_URL_INVALID. */
export function createMqttMessaging(options: MqttMessagingOptions): Messaging {
  checkUrl(options.url);
  return new MqttMessaging(options);
}

class MqttMessaging implements Messaging {
  readonly #options: MqttMessagingOptions;
  readonly #now: () => number;
  #state: State = { kind: 'idle' };
  #listener: MessagingListener | undefined;
  #attempts = 0;
  #lastError = CLOSED;
  /** What the last attempt that has ended failed on. */
  #failure: string | undefined;
  /** When anything came from the broker last, in milliseconds of `performance`. */
  #heardAt = 0;
  /** Publishes on their way; told when the connection breaks. */
  readonly #pending = new Set<(error: Error) => void>();
  #firstConnect: (() => void) | undefined;

  constructor(options: MqttMessagingOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  get problem(): string | undefined {
    return this.isConnected ? undefined : this.#failure;
  }

  get isConnected(): boolean {
    return this.#state.kind === 'connected';
  }

  /** Resolves at the first connection, or after a while without one: it goes on trying, and `isConnected` tells. */
  async start(listener: MessagingListener): Promise<void> {
    this.#listener = listener;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.startMilliseconds ?? 5000);
      this.#firstConnect = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#connect();
    });
  }

  async publish(topic: string, payload: Buffer): Promise<void> {
    await this.#publish(topic, payload, deliveryOf(topic, payload));
  }

  async clear(topic: string): Promise<void> {
    checkClearable(topic);
    await this.#publish(topic, Buffer.alloc(0), { qos: 1, retain: true });
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    this.#firstConnect?.();
    if (state.kind === 'waiting') clearTimeout(state.timer);
    if (state.kind === 'connected') clearInterval(state.reread);
    this.#failPending();
    // Without waiting for the broker: there is no will that a good-bye would take back.
    if (state.kind === 'connected' || state.kind === 'connecting') await state.client.endAsync(true);
  }

  #connect(): void {
    const { url, clientId, username, password, authority } = this.#options;
    const options: IClientOptions = {
      protocolVersion: 4,
      clientId,
      clean: true,
      keepalive: 30,
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(authority === undefined ? {} : { ca: authority }),
    };
    const client = mqtt.connect(url, options);
    this.#state = { kind: 'connecting', client };
    client.on('connect', () => void this.#subscribe(client));
    client.on('packetreceive', () => (this.#heardAt = performance.now()));
    client.on('message', (topic, payload, packet) => this.#deliver(topic, payload, packet.retain));
    let certificate: BrokerProblem | undefined;
    client.on('error', (error) => {
      // MQTT.js tells more than one error of a connection, and what follows a refused certificate is of no use to anybody.
      certificate ??= brokerProblem(error, url);
      this.#lastError =
        certificate?.message ?? (error.message || ((error as NodeJS.ErrnoException).code ?? 'unknown error'));
    });
    client.on('close', () => this.#lost(client, certificate));
  }

  async #subscribe(client: MqttClient): Promise<void> {
    const late = setTimeout(() => {
      this.#lastError = 'the broker does not answer to subscriptions';
      client.end(true);
    }, this.#options.confirmMilliseconds ?? CONFIRM_MILLISECONDS);
    try {
      await client.subscribeAsync(ALL_FILTERS);
    } catch (error) {
      if (client.connected) {
        this.#lastError = `the broker does not let ${this.#options.clientId} read what agents write: ${(error as Error).message}`;
      }
      client.end(true);
      return;
    } finally {
      clearTimeout(late);
    }
    if (this.#state.kind !== 'connecting' || this.#state.client !== client) return;
    const reread = setInterval(() => {
      // Refused or lost with the connection, it comes again with the next one.
      client.subscribe(RETAINED_FILTERS, (error) => {
        if (error) this.#options.logger.warn({ err: error }, 'the retained state could not be read again');
      });
    }, this.#options.rereadMilliseconds ?? 300_000);
    reread.unref();
    this.#state = { kind: 'connected', client, since: performance.now(), reread };
    this.#options.logger.info({ broker: hostOf(this.#options.url) }, 'connected to the broker');
    this.#firstConnect?.();
    this.#listener?.connected();
  }

  #lost(client: MqttClient, certificate: BrokerProblem | undefined): void {
    const state = this.#state;
    if ((state.kind !== 'connecting' && state.kind !== 'connected') || state.client !== client) return;
    const reason = this.#lastError;
    this.#failure = reason;
    this.#lastError = CLOSED;
    client.end(true);
    if (state.kind === 'connected') {
      clearInterval(state.reread);
      if (performance.now() - state.since >= GOOD_CONNECTION_MILLISECONDS) this.#attempts = 0;
    }
    this.#failPending();
    const wait = this.#nextWait();
    const broker = hostOf(this.#options.url);
    const retryMilliseconds = Math.round(wait);
    if (certificate !== undefined)
      this.#options.logger.warn({ broker, code: certificate.code, retryMilliseconds }, certificate.message);
    else
      this.#options.logger.warn(
        { broker, reason, retryMilliseconds },
        'no connection to the broker; see that it runs, that its address is right, and that it accepts user name and password',
      );
    this.#state = { kind: 'waiting', timer: setTimeout(() => this.#connect(), wait) };
    if (state.kind === 'connected') this.#listener?.disconnected(reason);
  }

  /** Full jitter, so that the many who lost the same broker do not come back at the same moment. */
  #nextWait(): number {
    const { first, longest } = this.#options.backOffMilliseconds ?? BACK_OFF;
    const limit = Math.min(longest, first * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return limit * (this.#options.random ?? Math.random)();
  }

  #deliver(topic: string, payload: Buffer, retained: boolean): void {
    // An empty payload only clears what was retained; it reports nothing, and may be our own.
    if (payload.byteLength === 0) return;
    try {
      // mqtt.js acknowledges when its message listeners have returned: after the hand-over, before any work.
      this.#listener?.message({ topic, payload, retained, receivedAt: this.#now() });
    } catch (error) {
      this.#options.logger.error({ err: error, topic }, 'a message could not be handed over');
    }
  }

  #publish(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'connected') return Promise.reject(notConnected(topic));
    const limit = this.#options.confirmMilliseconds ?? CONFIRM_MILLISECONDS;
    const sentAt = performance.now();
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null) => {
        clearTimeout(timer);
        this.#pending.delete(settle);
        if (error) reject(error);
        else resolve();
      };
      const timer = setTimeout(() => {
        const message = `the broker did not confirm ${topic} within ${limit} ms; see whether it is overloaded`;
        settle(new MessagingError('MESSAGING_NOT_CONFIRMED', message));
        if (this.#heardAt < sentAt) this.#giveUp(state.client, limit);
      }, limit);
      this.#pending.add(settle);
      state.client.publish(topic, payload, { qos, retain }, (error) => settle(error ? notConnected(topic) : undefined));
    });
  }

  /**
   * Ends the connection to a broker that says nothing at all, long before its keep-alive does: else each message would wait as long,
   * one after another, and hold up what has nothing to do with it.
   */
  #giveUp(client: MqttClient, silentMilliseconds: number): void {
    if (this.#state.kind !== 'connected' || this.#state.client !== client) return;
    this.#lastError = `the broker has said nothing for ${silentMilliseconds} ms`;
    client.end(true);
  }

  #failPending(): void {
    for (const fail of this.#pending) fail(notConnected('a message'));
  }
}

function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'mqtt:' && url.protocol !== 'mqtts:') || url.hostname === '') {
    throw new MessagingError(
      'MQTT_URL_INVALID',
      `the broker's URL must look like mqtt://host:1883 or mqtts://host:8883`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new MessagingError(
      'MQTT_URL_INVALID',
      `the broker's URL for ${url.host} holds credentials; give user name and password by themselves, where nothing prints them`,
    );
  }
}

function hostOf(url: string): string {
  return new URL(url).host;
}
