/** A real broker for tests. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { parseTopic } from '../../schema/mqtt/topics.ts';
import { Received } from './received.ts';

/** The token that it, and the control plane's endpoints, accept. */
export const TOKEN = 'token-of-the-instance';

/** An aedes broker that can be killed and come back on the same port with nothing in memory. */
export class TestBroker {
  readonly received = new Received();
  /** Credentials of each CONNECT. */
  readonly connects: { readonly clientId: string; readonly username: string; readonly password: string }[] = [];
  #aedes: Aedes | undefined;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  /** The only one that it accepts. */
  token = TOKEN;
  port = 0;
  readonly #host: string;

  /** @param host the address that it listens on */
  constructor(host = '127.0.0.1') {
    this.#host = host;
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker({ concurrency: 0 });
    this.#aedes = aedes;
    aedes.authenticate = (client, username, password, done) => {
      const secret = password?.toString() ?? '';
      this.connects.push({ clientId: client.id, username: username ?? '', password: secret });
      done(null, secret === this.token);
    };
    aedes.on('publish', (packet) => {
      if (!packet.topic.startsWith('$SYS') && !this.#isOwn(packet.topic))
        this.received.take(packet.topic, Buffer.from(packet.payload));
    });
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, this.#host, resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  #isOwn(topic: string): boolean {
    return ['desired', 'topology', 'command'].includes(parseTopic(topic)?.leaf ?? '');
  }

  get url(): string {
    return `mqtt://${this.#host}:${this.port}`;
  }

  /** As the control plane would. */
  publish(topic: string, payload: Buffer, retain: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#aedes!.publish({ cmd: 'publish', topic, payload, qos: 1, retain, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  /** Breaks every connection; the broker itself goes on. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Everything that it held in memory is lost. */
  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()) ?? resolve());
    await new Promise<void>((resolve) => this.#aedes?.close(() => resolve()) ?? resolve());
    this.#aedes = undefined;
    this.#server = undefined;
  }
}
