/** The agent's end of the local socket that a load balancer beside it connects to (schema/local/load-balancer.ts). */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import {
  encodeLine,
  MAX_LINE_BYTES,
  parseFromBalancer,
  type FromBalancer,
  type ToBalancer,
} from '../../schema/local/load-balancer.ts';

/** A balancer that is started again may connect before its old connection is seen to be gone. */
const MAX_CONNECTIONS = 4;
/** A balancer that does not read for this much is cut off; it gets everything again when it returns. */
const MAX_UNREAD_BYTES = 8 * MAX_LINE_BYTES;

export interface LoadBalancerListener {
  /** A balancer said hello: returns everything that it has to know. */
  hello(program: string): readonly ToBalancer[];
  message(message: Exclude<FromBalancer, { type: 'hello' }>): void;
  /** A line that is none of the contract's. */
  garbage(detail: string): void;
}

export class LoadBalancerSocket {
  readonly #path: string;
  readonly #listener: LoadBalancerListener;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those that said hello, the newest last: its reports count. */
  #greeted: Socket[] = [];
  #garbage = 0;

  private constructor(path: string, listener: LoadBalancerListener) {
    this.#path = path;
    this.#listener = listener;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Replaces a socket file that an earlier run left. Rejects when the path cannot be listened on. */
  static async open(path: string, listener: LoadBalancerListener): Promise<LoadBalancerSocket> {
    const opened = new LoadBalancerSocket(path, listener);
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      opened.#server.once('error', reject);
      opened.#server.listen(path, () => resolve());
    });
    chmodSync(path, 0o600);
    return opened;
  }

  get path(): string {
    return this.#path;
  }

  /** Lines so far that no balancer may send. */
  get garbageLines(): number {
    return this.#garbage;
  }

  /** To every balancer that said hello. */
  send(message: ToBalancer): void {
    for (const socket of this.#greeted) this.#write(socket, message);
  }

  #write(socket: Socket, message: ToBalancer): void {
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
    else socket.write(encodeLine(message));
  }

  #accept(socket: Socket): void {
    if (this.#sockets.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    let rest: Buffer[] = [];
    let restBytes = 0;
    socket.on('data', (chunk: Buffer) => {
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        const line = Buffer.concat([...rest, chunk.subarray(start, end)]);
        rest = [];
        restBytes = 0;
        start = end + 1;
        this.#takeLine(socket, line);
      }
      if (start < chunk.length) rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes <= MAX_LINE_BYTES) return;
      this.#countGarbage(`a line longer than ${MAX_LINE_BYTES} bytes`);
      socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#greeted = this.#greeted.filter((other) => other !== socket);
    });
  }

  #takeLine(socket: Socket, line: Buffer): void {
    const parsed =
      line.length > MAX_LINE_BYTES
        ? { ok: false as const, detail: `a line longer than ${MAX_LINE_BYTES} bytes` }
        : parseFromBalancer(line.toString('utf8'));
    if (!parsed.ok) {
      this.#countGarbage(parsed.detail);
      return;
    }
    const message = parsed.value;
    if (message.type === 'hello') {
      this.#greeted = [...this.#greeted.filter((other) => other !== socket), socket];
      for (const known of this.#listener.hello(message.program)) this.#write(socket, known);
    } else if (this.#greeted[this.#greeted.length - 1] === socket) {
      this.#listener.message(message);
    }
  }

  #countGarbage(detail: string): void {
    this.#garbage += 1;
    this.#listener.garbage(detail);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    rmSync(this.#path, { force: true });
  }
}
