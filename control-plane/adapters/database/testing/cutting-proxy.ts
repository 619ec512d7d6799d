/** Between a store and a PostgreSQL server: lets everything through, and cuts the line at the statement that a test names. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';

type Cut = { readonly at: string; readonly when: 'before' | 'answer' };

export class CuttingProxy {
  readonly port: number;
  /** Answers that the server gave and nobody heard. */
  swallowed = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: Cut | undefined;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#join(client, connect(target, '127.0.0.1')));
  }

  static async open(target: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server, target);
  }

  /** Cuts once, before the next such statement reaches the server. */
  cutBefore(statement: string): void {
    this.#cut = { at: statement, when: 'before' };
  }

  /** Cuts once, after the server has answered to the next such statement and before the answer is heard. */
  swallowAnswersAfter(statement: string): void {
    this.#cut = { at: statement, when: 'answer' };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    let isDeaf = false;
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (chunk) => {
      const cut = this.#cut;
      if (cut !== undefined && chunk.includes(cut.at)) {
        this.#cut = undefined;
        if (cut.when === 'before') return end();
        isDeaf = true;
      }
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!isDeaf) return void client.write(chunk);
      this.swallowed += 1;
      end();
    });
  }
}
