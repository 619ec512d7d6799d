/** A load balancer in a process of its own, instances in theirs, and a small agent that tells it of them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { encodeLine, parseFromBalancer } from '../../schema/local/load-balancer.ts';
import type { TargetDemand } from '../../schema/mqtt/demand.ts';
import type { TopologyDocument } from '../../schema/mqtt/topology.ts';

/** Clock ticks a second in /proc/PID/stat; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const INSTANCE = `
  const body = Buffer.alloc(1024, 'x');
  const delay = Number(process.env.DELAY);
  const server = require('node:http').createServer((request, response) => {
    request.resume();
    const answer = () => response.writeHead(200, { 'content-length': body.length }).end(body);
    if (delay > 0) setTimeout(answer, delay); else answer();
  });
  server.keepAliveTimeout = 60000;
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

export interface Instance {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
}

export class LoadBalancerBed {
  readonly #folder = mkdtempSync(join(tmpdir(), 'cartwright-bench-'));
  readonly #server: Server;
  readonly #children: ChildProcess[] = [];
  readonly #waiting = new Map<number, () => void>();
  #socket: Socket | undefined;
  #balancer: ChildProcess | undefined;
  #generation = 0;
  #demand: TargetDemand | undefined;
  port = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async open(): Promise<LoadBalancerBed> {
    const bed = new LoadBalancerBed();
    const path = join(bed.#folder, 'agent.sock');
    await new Promise<void>((resolve) => bed.#server.listen(path, resolve));
    const connected = once(bed.#server, 'connection');
    const child = bed.#spawn(process.execPath, ['--max-semi-space-size=8', bundle()], {
      ...{ HOST: '127.0.0.1', PORT: '0', CARTWRIGHT_SOCKET: path },
    });
    bed.#balancer = child;
    const line = await firstLine(child.stderr!);
    bed.port = (JSON.parse(line) as { port: number }).port;
    await connected;
    return bed;
  }

  async instance(name: string, delayMilliseconds = 0): Promise<Instance> {
    const child = this.#spawn(process.execPath, ['-e', INSTANCE], { DELAY: String(delayMilliseconds) });
    return { name, port: Number(await firstLine(child.stdout!)), child };
  }

  /** Resolves when the balancer says that it goes by these members. */
  apply(members: readonly { instance: Instance; state: 'active' | 'draining' }[]): Promise<void> {
    const generation = ++this.#generation;
    const document: TopologyDocument = {
      ...{ v: 1, uid: 'bench', epoch: 1, generation, concurrency: 0, routes: [{ path: '/' }] },
      members: members.map(({ instance: { name, port }, state }) => ({
        ...{ instance: name, host: '127.0.0.1', port, weight: 1, state },
      })),
    };
    const applied = new Promise<void>((resolve) => this.#waiting.set(generation, resolve));
    this.#socket?.write(encodeLine({ type: 'topology', alias: 'web', document }));
    return applied;
  }

  /** The newest counts. */
  get demand(): TargetDemand | undefined {
    return this.#demand;
  }

  /** Seconds of CPU that the balancer has used so far. */
  get cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#balancer!.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  async close(): Promise<void> {
    const ended = this.#children
      .filter((child) => child.exitCode === null && child.signalCode === null)
      .map((child) => once(child, 'exit'));
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(ended);
    this.#socket?.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.#folder, { recursive: true });
  }

  #spawn(program: string, arguments_: string[], environment: Record<string, string>): ChildProcess {
    const child = spawn(program, arguments_, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    return child;
  }

  #serve(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      const parsed = parseFromBalancer(line);
      if (!parsed.ok) throw new Error(`the balancer said what is not in the contract: ${parsed.detail}`);
      if (parsed.value.type === 'applied') {
        // Only what is reported after the acknowledgement tells whether a draining instance is idle.
        this.#demand = undefined;
        this.#waiting.get(parsed.value.generation)?.();
      }
      if (parsed.value.type === 'demand') this.#demand = parsed.value.targets.web;
    });
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stream });
  const [line] = (await once(lines, 'line')) as [string];
  lines.on('line', () => undefined);
  return line;
}

/** The bundle, whether this runs compiled from dist/ or from its source. */
function bundle(): string {
  const places = ['../../cartridges/lb/lb.mjs', '../../dist/cartridges/lb/lb.mjs'];
  const found = places.map((place) => join(import.meta.dirname, place)).find((path) => existsSync(path));
  if (!found) throw new Error('there is no bundle of the load balancer: run `npm run build`');
  return found;
}
