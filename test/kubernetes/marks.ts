/** Where programs in pods tell how far they are, and wait until a test lets them go. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressOfThisMachine } from './cluster.ts';

export class Marks implements AsyncDisposable {
  /** Reached from pods. */
  readonly url: string;
  /** Paths without their slash, in order. */
  readonly told: string[];
  readonly #server: Server;
  readonly #held: ServerResponse[];

  private constructor(url: string, server: Server, told: string[], held: ServerResponse[]) {
    this.url = url;
    this.#server = server;
    this.told = told;
    this.#held = held;
  }

  static async open(): Promise<Marks> {
    const machine = await addressOfThisMachine();
    const told: string[] = [];
    const held: ServerResponse[] = [];
    const server = createServer((request, response) => {
      told.push((request.url ?? '').slice(1));
      if (request.url === '/hold') held.push(response);
      else response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, machine, resolve));
    return new Marks(`http://${machine}:${(server.address() as AddressInfo).port}`, server, told, held);
  }

  /** How many wait for the answer to `/hold`. */
  get waiting(): number {
    return this.#held.length;
  }

  times(what: string): number {
    return this.told.filter((one) => one === what).length;
  }

  letGo(): void {
    for (const response of this.#held.splice(0)) response.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
