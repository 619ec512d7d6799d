/** Brokers that stand outside the control plane, for tests: one that works, and one that only listens. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Aedes } from 'aedes';
import type { AedesOptions } from 'aedes';

export class OutsideBroker {
  readonly port: number;
  readonly #server: Server;
  readonly #aedes: Aedes | undefined;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, aedes: Aedes | undefined, sockets: Set<Socket>) {
    this.#server = server;
    this.#aedes = aedes;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Starts a broker; `port` to be the same one again after a restart. */
  static async start(port = 0, options: AedesOptions = {}): Promise<OutsideBroker> {
    const aedes = await Aedes.createBroker({ concurrency: 0, ...options });
    return OutsideBroker.#listen(port, aedes, (socket) => void aedes.handle(socket));
  }

  /** Accepts connections and never answers. */
  static async startMute(port = 0): Promise<OutsideBroker> {
    return OutsideBroker.#listen(port, undefined, (socket) => void socket.resume());
  }

  static async #listen(port: number, aedes: Aedes | undefined, handle: (socket: Socket) => void) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      handle(socket);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new OutsideBroker(server, aedes, sockets);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Topics with a retained message, sorted. */
  async retained(): Promise<string[]> {
    const { persistence } = this.#aedes as unknown as {
      persistence: { createRetainedStream(filter: string): AsyncIterable<{ readonly topic: string }> };
    };
    const topics: string[] = [];
    for await (const { topic } of persistence.createRetainedStream('#')) topics.push(topic);
    return topics.toSorted();
  }

  /** Cuts every connection, as a network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Reads nothing more from anybody. */
  freeze(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('readable').removeAllListeners('data').pause();
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    const aedes = this.#aedes;
    if (aedes !== undefined) await new Promise<void>((resolve) => aedes.close(resolve));
    await closed;
  }
}
