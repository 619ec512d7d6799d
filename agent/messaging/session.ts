/**
 * Keeps the agent connected: one connection at a time, the brokers in turn, waits with full jitter between attempts. What it
 * cannot send is the caller's to send again at the next `connected`; nothing is queued here.
 */
import { brokerProblem, type BrokerProblem } from '../../schema/mqtt/broker-problem.ts';
import { DELIVERY, instanceTopic, type AgentLeaf, type InstanceKey } from '../../schema/mqtt/topics.ts';
import { fullJitter } from '../back-off.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { openConnection, type Client } from './connection.ts';

const BASE_MILLISECONDS = 500;
const CAP_MILLISECONDS = 15_000;
/** A connection that held this long was a good one: the next attempt begins with a short wait again. */
const GOOD_CONNECTION_MILLISECONDS = 5000;
const END_TIMEOUT_MILLISECONDS = 1500;
/** CONNACK: bad user name or password, not authorised (MQTT 3.1.1, 3.2.2.3). */
const REFUSALS: readonly unknown[] = [4, 5];

export interface SessionOptions {
  readonly brokers: readonly string[];
  readonly key: InstanceKey;
  /** Asked at each attempt. */
  readonly token: () => string;
  /** Asked at each attempt: PEM of the authorities of brokers; `undefined`: those of the machine. */
  readonly authorities?: () => string | undefined;
  /** What is wrong with the broker's certificate; `null` once there is a connection. */
  readonly onProblem?: (problem: BrokerProblem | null) => void;
  /** The broker does not let this token in. */
  readonly onRefused?: () => void;
  /** Resolves at once, or when another token that is being asked for is there; waited for before each attempt but the first. */
  readonly tokenSettled?: () => Promise<void>;
  readonly will: Buffer;
  readonly subscriptions: readonly string[];
  readonly log: AgentLog;
  readonly random?: () => number;
  /** The connection stands: everything retained is to be published again. */
  readonly onConnected: () => void;
  readonly onMessage: (topic: string, payload: Buffer) => void;
}

export class Session {
  #options: SessionOptions;
  readonly #random: () => number;
  #client: Client | undefined;
  #isConnected = false;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #attempts = 0;
  #isClosed = false;
  /** What the present connection was opened with. */
  #token = '';
  #isRenewing = false;
  #pending = new Set<(error: Error) => void>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Which instance this is, and where its brokers are, where that was not known at first. Before the first {@link start}. */
  become(known: Pick<SessionOptions, 'brokers' | 'key' | 'subscriptions'>): void {
    this.#options = { ...this.#options, ...known };
  }

  /** Connects and stays connected until {@link close}. */
  start(): void {
    const { brokers, key, will, log } = this.#options;
    const url = brokers[this.#attempts % brokers.length]!;
    this.#attempts += 1;
    let client: Client;
    try {
      this.#token = this.#options.token();
      client = openConnection({
        url,
        clientId: key.instance,
        password: this.#token,
        authorities: this.#options.authorities?.(),
        will: { topic: instanceTopic(key, 'status'), payload: will },
      });
    } catch (error) {
      log('warn', 'cannot begin a connection', { broker: url, error: (error as Error).message });
      this.#retryLater();
      return;
    }
    this.#client = client;
    this.#follow(client, url);
  }

  #follow(client: Client, url: string): void {
    let connectedAt: number | undefined;
    let problem: string | undefined;
    client.on('connect', () => {
      connectedAt = performance.now();
      this.#isConnected = true;
      this.#options.onProblem?.(null);
      this.#options.log('info', 'connected', { broker: url });
      this.#subscribe(client);
      this.#options.onConnected();
    });
    client.on('message', (topic, payload) => this.#options.onMessage(topic, payload));
    client.on('error', (error) => {
      const certificate = brokerProblem(error, url);
      if (certificate !== undefined) this.#options.onProblem?.(certificate);
      problem ??= certificate?.message;
      if ('code' in error && REFUSALS.includes(error.code)) this.#options.onRefused?.();
      problem ??= error.message || ('code' in error ? String(error.code) : 'unknown error');
      // Without a good CONNACK (bad token, garbage) MQTT.js leaves the socket to its owner.
      client.stream.destroy();
    });
    client.once('close', () => {
      this.#isConnected = false;
      this.#client = undefined;
      client.end(true);
      for (const reject of this.#pending) reject(new Error('the connection to the broker broke'));
      this.#pending.clear();
      if (this.#isClosed) return;
      if (this.#isRenewing) {
        this.#isRenewing = false;
        this.start();
        return;
      }
      const held = connectedAt === undefined ? 0 : performance.now() - connectedAt;
      if (held >= GOOD_CONNECTION_MILLISECONDS) this.#failures = 0;
      this.#options.log('warn', 'not connected', { broker: url, error: problem ?? 'closed by the broker' });
      this.#retryLater();
    });
  }

  #subscribe(client: Client): void {
    client.subscribe([...this.#options.subscriptions], { qos: 1 }, (error, granted) => {
      const refused = granted?.filter(({ qos }) => qos > 2).map(({ topic }) => topic) ?? [];
      if (!error && refused.length === 0) return;
      if (this.#client !== client || this.#isClosed) return;
      this.#options.log('error', 'subscription refused', { topics: refused, error: error?.message });
      client.stream.destroy();
    });
  }

  #retryLater(): void {
    const wait = fullJitter(this.#failures, BASE_MILLISECONDS, CAP_MILLISECONDS, this.#random());
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#again(), wait);
  }

  /** A broker that has just learnt the next token does not take the one before. */
  async #again(): Promise<void> {
    await this.#options.tokenSettled?.();
    if (!this.#isClosed) this.start();
  }

  /**
   * The token is this one now: a connection that was opened with another is ended in order, so that no will speaks, and opened
   * again at once.
   */
  useToken(token: string): void {
    const client = this.#client;
    if (!client || !this.#isConnected || this.#isRenewing || this.#isClosed || token === this.#token) return;
    this.#options.log('info', 'connecting again with another token');
    this.#isRenewing = true;
    const force = setTimeout(() => client.stream.destroy(), END_TIMEOUT_MILLISECONDS);
    client.once('close', () => clearTimeout(force));
    client.end(false);
  }

  /** Publishes by the leaf's contract. Resolves when it was sent (QoS 1: acknowledged); rejects when the connection is gone. */
  publish(leaf: AgentLeaf, payload: Buffer): Promise<void> {
    const client = this.#client;
    if (!client || !this.#isConnected) return Promise.reject(new Error('not connected to a broker'));
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      client.publish(instanceTopic(this.#options.key, leaf), payload, DELIVERY[leaf], (error) => {
        this.#pending.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Bytes that the socket has not taken: what is not urgent is better not sent then. */
  get backlogBytes(): number {
    return this.#client?.stream.writableLength ?? 0;
  }

  /** Says goodbye (so that the broker publishes no will) and stays closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    if (!client) return;
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => {
        client.stream.destroy();
        resolve();
      }, END_TIMEOUT_MILLISECONDS);
      client.end(!this.#isConnected, {}, () => {
        clearTimeout(force);
        resolve();
      });
    });
  }
}
