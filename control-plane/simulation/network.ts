/**
 * The broker and the ways to it. A way delays; what is published at QoS 0 may be lost on it, what is published at QoS 1 may come twice,
 * and messages may overtake each other, but for those of QoS 1 on one topic, whose order MQTT keeps. A way that is cut holds what it
 * carries, as TCP does; after the keep-alive time both ends know, that is lost, and the broker publishes the will.
 */
import { between, chance, type Random } from './random.ts';
import type { Program, VirtualTime } from './time.ts';

export interface Weather {
  /** Share of QoS 0 messages that are lost, 0–1. */
  readonly loss: number;
  /** Share of QoS 1 messages that come twice, 0–1. */
  readonly duplication: number;
  /** Milliseconds that each message takes, drawn evenly. */
  readonly delay: readonly [least: number, most: number];
  /** Whether a message may overtake another of the same sender. */
  readonly reordering: boolean;
}

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
}

export interface Publication {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

const KEEP_ALIVE_MILLISECONDS = 15_000;

/** One client's end. */
export interface ClientOptions {
  readonly id: string;
  readonly program: Program;
  readonly follows: (topic: string) => boolean;
  readonly will: () => Publication | null;
  readonly connected: () => void;
  readonly disconnected: (reason: string) => void;
  readonly message: (message: Message) => void;
}

export class Client {
  readonly options: ClientOptions;
  isConnected = false;
  /** Nothing gets through to the broker, nor back. */
  isCut = false;
  /** Until when the last message is under way, by direction, and topic where only that is kept in order. */
  readonly lastArrival = new Map<string, number>();
  /** What waits for the way to be mended. */
  held: (() => void)[] = [];
  /** Counts connections: what was sent over an earlier one is lost with it. */
  connection = 0;

  constructor(options: ClientOptions) {
    this.options = options;
  }
}

export class Network {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #clients = new Set<Client>();
  readonly retained = new Map<string, Buffer>();
  weather: Weather;
  isBrokerUp = true;
  /** Told of each message that reaches the broker. */
  onPublished: (client: string, publication: Publication) => void = () => undefined;

  constructor(time: VirtualTime, random: Random, weather: Weather) {
    this.#time = time;
    this.#random = random;
    this.weather = weather;
  }

  join(options: ClientOptions): Client {
    const client = new Client(options);
    this.#clients.add(client);
    this.#connectSoon(client, between(this.#random, 1, 30));
    return client;
  }

  /** Its program is gone: the broker sees the connection end, and publishes the will. */
  leave(client: Client): void {
    this.#clients.delete(client);
    if (!client.isConnected) return;
    client.isConnected = false;
    if (client.isCut) this.#time.after(KEEP_ALIVE_MILLISECONDS, () => this.#publishWill(client));
    else this.#publishWill(client);
  }

  cut(client: Client): void {
    client.isCut = true;
    const { connection } = client;
    this.#time.after(KEEP_ALIVE_MILLISECONDS, () => {
      if (client.isCut && client.connection === connection) this.#broken(client, 'nothing comes through');
    });
  }

  mend(client: Client): void {
    client.isCut = false;
    for (const arrive of client.held.splice(0)) arrive();
  }

  /** A program that was stopped longer than the keep-alive time has lost its connection. */
  stoppedFor(client: Client, milliseconds: number): void {
    if (milliseconds > KEEP_ALIVE_MILLISECONDS) this.#broken(client, 'it did not answer');
  }

  brokerDown(losesRetained: boolean): void {
    this.isBrokerUp = false;
    if (losesRetained) this.retained.clear();
    for (const client of this.#clients) this.#disconnect(client, 'the broker is gone');
  }

  brokerUp(): void {
    this.isBrokerUp = true;
  }

  /** True when it is on its way; false without a connection. */
  publish(client: Client, publication: Publication): boolean {
    if (!client.isConnected) return false;
    const { qos, topic } = publication;
    if (qos === 0 && chance(this.#random, this.weather.loss)) return true;
    const times = this.#copies(qos);
    this.#carry(client, 'up', qos, topic, () => {
      for (let copy = 0; copy < times; copy += 1) this.#route(client, publication);
    });
    return true;
  }

  /** What is acknowledged too late comes again, right behind itself. */
  #copies(qos: 0 | 1): number {
    return qos === 1 && chance(this.#random, this.weather.duplication) ? 2 : 1;
  }

  #route(sender: Client, publication: Publication): void {
    const { topic, payload, retain, qos } = publication;
    this.onPublished(sender.options.id, publication);
    if (retain) {
      if (payload.byteLength === 0) this.retained.delete(topic);
      else this.retained.set(topic, payload);
    }
    for (const client of this.#clients) {
      if (!client.isConnected || !client.options.follows(topic)) continue;
      if (qos === 0 && chance(this.#random, this.weather.loss)) continue;
      const { program, message } = client.options;
      const times = this.#copies(qos);
      this.#carry(client, 'down', qos, topic, () => {
        for (let copy = 0; copy < times; copy += 1) program.run(() => message({ topic, payload, retained: false }));
      });
    }
  }

  #carry(client: Client, direction: 'up' | 'down', qos: 0 | 1, topic: string, arrive: () => void): void {
    const { delay, reordering } = this.weather;
    const { connection } = client;
    let at = this.#time.now + between(this.#random, ...delay);
    if (!reordering || qos === 1) {
      const order = reordering ? `${direction} ${topic}` : direction;
      at = Math.max(at, client.lastArrival.get(order) ?? 0);
      client.lastArrival.set(order, at);
    }
    const land = (): void => {
      if (!client.isConnected || client.connection !== connection || !this.isBrokerUp) return;
      if (client.isCut) client.held.push(land);
      else arrive();
    };
    this.#time.at(at, land);
  }

  #connectSoon(client: Client, milliseconds: number): void {
    client.options.program.after(milliseconds, () => {
      if (!this.#clients.has(client) || client.isConnected) return;
      if (client.isCut || !this.isBrokerUp) {
        this.#connectSoon(client, between(this.#random, 500, 3000));
        return;
      }
      client.isConnected = true;
      client.connection += 1;
      client.lastArrival.clear();
      client.held = [];
      // What is retained comes first, as its subscription is answered.
      for (const [topic, payload] of this.retained)
        if (client.options.follows(topic)) client.options.message({ topic, payload, retained: true });
      client.options.connected();
    });
  }

  #broken(client: Client, reason: string): void {
    if (!client.isConnected) return;
    this.#publishWill(client);
    this.#disconnect(client, reason);
  }

  #disconnect(client: Client, reason: string): void {
    if (!client.isConnected) return;
    client.isConnected = false;
    client.options.program.run(() => client.options.disconnected(reason));
    this.#connectSoon(client, between(this.#random, 200, 2000));
  }

  #publishWill(client: Client): void {
    const will = client.options.will();
    if (will !== null && this.isBrokerUp) this.#route(client, will);
  }
}
