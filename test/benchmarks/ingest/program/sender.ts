/**
 * Agents' connections to a broker, in a process of their own: real packets with real payloads, bounded in number and time, to loopback alone.
 * Told once what to send, and when to begin; answers when all is written.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'mqtt-packet';
import { recordPackets } from '../recorded.ts';
import type { Reporter } from '../taking.ts';

export interface Sending {
  readonly port: number;
  readonly reporters: readonly Reporter[];
  /** One for each reporter, as agents have; or fewer, where the broker does not ask whose a topic is. */
  readonly connections: number;
  /** Messages with one sample each, over all connections. */
  readonly messages: number;
  /** Messages a second; null: as fast as the broker takes them. */
  readonly rate: number | null;
  /** Messages that a connection writes at once. */
  readonly burst: number;
}

export interface Sent {
  readonly messages: number;
  readonly seconds: number;
}

const TICK_MILLISECONDS = 2;

class Connection {
  readonly #socket: Socket;
  readonly #bursts: Buffer[] = [];
  #next = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number, clientId: string): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    socket.write(
      generate({
        cmd: 'connect',
        clientId,
        username: clientId,
        password: Buffer.from('token'),
        keepalive: 60,
        clean: true,
      }),
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (answer[3] !== 0) throw new Error(`the broker refused the connection with code ${answer[3]}`);
    return new Connection(socket);
  }

  add(burst: Buffer): void {
    this.#bursts.push(burst);
  }

  /** Whether there was one to write, and room for it. */
  write(): boolean {
    if (this.#next >= this.#bursts.length || this.#socket.writableNeedDrain) return false;
    this.#socket.write(this.#bursts[this.#next]!);
    this.#next += 1;
    return true;
  }

  get isDone(): boolean {
    return this.#next >= this.#bursts.length && this.#socket.writableLength === 0;
  }
}

async function send({ port, reporters, connections: count, messages, rate, burst }: Sending): Promise<Sent> {
  const connections: Connection[] = [];
  for (let index = 0; index < count; index += 1)
    connections.push(await Connection.open(port, reporters[index]!.instance));
  // Each connection has a share of the reporters: itself alone, where there are as many.
  const packets = recordPackets(reporters, Math.ceil(messages / reporters.length), 1).slice(0, messages);
  const queues = connections.map((): Buffer[] => []);
  for (const [index, { topic, payload }] of packets.entries())
    queues[(index % reporters.length) % count]!.push(
      generate({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }),
    );
  for (const [index, queue] of queues.entries())
    for (let first = 0; first < queue.length; first += burst)
      connections[index]!.add(Buffer.concat(queue.slice(first, first + burst)));
  process.send!('ready');
  await once(process, 'message');
  const began = performance.now();
  let next = 0;
  let written = 0;
  while (!connections.every((connection) => connection.isDone)) {
    const due = rate === null ? Infinity : ((performance.now() - began) / 1000) * rate;
    let full = 0;
    // Until all that is due is written, or no connection takes any more for now.
    while (written < due && full < count) {
      if (connections[next]!.write()) {
        written += burst;
        full = 0;
      } else full += 1;
      next = (next + 1) % count;
    }
    await (rate === null ? new Promise((resolve) => setImmediate(resolve)) : sleep(TICK_MILLISECONDS));
  }
  const seconds = (performance.now() - began) / 1000;
  // The connections stay until this process is ended: nothing is cut off that is on its way.
  return { messages: packets.length, seconds };
}

const [sending] = (await once(process, 'message')) as [Sending];
process.send!(await send(sending));
