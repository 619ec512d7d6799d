/** The agent's end of the socket, for tests: sends topologies, keeps what the balancer says. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeLine,
  parseFromBalancer,
  type FromBalancer,
  type ToBalancer,
} from '../../../../schema/local/load-balancer.ts';
import type { TargetDemand } from '../../../../schema/mqtt/demand.ts';
import type { TopologyDocument, TopologyMember } from '../../../../schema/mqtt/topology.ts';

export function topology(
  generation: number,
  members: readonly (Pick<TopologyMember, 'instance' | 'port'> & Partial<TopologyMember>)[],
  rest: Partial<TopologyDocument> = {},
): TopologyDocument {
  return {
    v: 1,
    uid: 'cluster-1',
    epoch: 1,
    generation,
    routes: [{ path: '/' }],
    concurrency: 0,
    members: members.map((member) => ({ host: '127.0.0.1', weight: 1, state: 'active' as const, ...member })),
    ...rest,
  };
}

export class TestAgent {
  readonly path: string;
  readonly heard: FromBalancer[] = [];
  readonly problems: string[] = [];
  readonly #known = new Map<string, TopologyDocument>();
  #server: Server | undefined;
  #socket: Socket | undefined;

  constructor(path = join(tmpdir(), `lb-${randomUUID().slice(0, 8)}.sock`)) {
    this.path = path;
  }

  async listen(): Promise<this> {
    rmSync(this.path, { force: true });
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
    return this;
  }

  send(message: ToBalancer): void {
    if (message.type === 'topology') this.#known.set(message.alias, message.document);
    if (message.type === 'removed') this.#known.delete(message.alias);
    this.#socket?.write(encodeLine(message));
  }

  sendRaw(text: string): void {
    this.#socket?.write(text);
  }

  topology(alias: string, document: TopologyDocument): void {
    this.send({ type: 'topology', alias, document });
  }

  hasHeard<T extends FromBalancer['type']>(type: T): Extract<FromBalancer, { type: T }>[] {
    return this.heard.filter((message): message is Extract<FromBalancer, { type: T }> => message.type === type);
  }

  isApplied(alias: string, generation: number): boolean {
    return this.hasHeard('applied').some((said) => said.alias === alias && said.generation === generation);
  }

  get connected(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed;
  }

  /** The newest counts of an alias. */
  demand(alias: string): TargetDemand | undefined {
    return this.hasHeard('demand').at(-1)?.targets[alias];
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    const server = this.#server;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
    this.#server = undefined;
  }

  #serve(socket: Socket): void {
    this.#socket = socket;
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#hear(line, socket);
    });
    socket.on('error', (error) => this.problems.push(error.message));
  }

  #hear(line: string, socket: Socket): void {
    const parsed = parseFromBalancer(line);
    if (!parsed.ok) {
      this.problems.push(parsed.detail);
      return;
    }
    this.heard.push(parsed.value);
    if (parsed.value.type === 'hello')
      for (const [alias, document] of this.#known) socket.write(encodeLine({ type: 'topology', alias, document }));
  }
}
