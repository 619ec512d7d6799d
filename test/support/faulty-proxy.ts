/** Between a client and a server: lets everything through, cuts all connections, or holds them. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class FaultyProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isHolding = false;
  /** Connections that were taken so far. */
  connections = 0;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      this.connections += 1;
      this.#join(client, connect(Number(target.port === '' ? 443 : target.port), target.hostname));
    });
  }

  /** In front of the server of this URL, on a port of its own of the loopback interface. */
  static async to(target: URL): Promise<FaultyProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultyProxy(server, target);
  }

  /** As a router that was restarted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As a host that hangs: connections are taken, and nothing comes back. */
  hold(): void {
    this.#isHolding = true;
    for (const socket of this.#sockets) socket.pause();
  }

  goOn(): void {
    this.#isHolding = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    const pairs = [
      [client, server],
      [server, client],
    ] as const;
    for (const [from, to] of pairs) {
      this.#sockets.add(from);
      from.on('data', (chunk) => void to.write(chunk));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#isHolding) from.pause();
    }
  }
}
