/** A balancer with a test's agent and instances around it; everything is closed by {@link Bed.close}. */
import { eventually } from '../../../../test/support/eventually.ts';
import type { TargetDemand } from '../../../../schema/mqtt/demand.ts';
import type { TopologyDocument } from '../../../../schema/mqtt/topology.ts';
import { Balancer } from '../balancer.ts';
import { parseConfig } from '../config.ts';
import { TestAgent, topology } from './agent.ts';
import { Backend, ChildBackend, type Handler } from './backend.ts';

export class Bed {
  readonly agent: TestAgent;
  readonly balancer: Balancer;
  readonly log: string[];
  readonly accessLines: string[];
  readonly port: number;
  drainAsked = 0;
  #generation = 0;
  #closed: Promise<void> | undefined;
  readonly #backends: { close(): Promise<void> }[] = [];

  private constructor(agent: TestAgent, balancer: Balancer, port: number, log: string[], accessLines: string[]) {
    this.agent = agent;
    this.balancer = balancer;
    this.port = port;
    this.log = log;
    this.accessLines = accessLines;
  }

  static async start(environment: Record<string, string> = {}): Promise<Bed> {
    const agent = await new TestAgent().listen();
    const parsed = parseConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      CARTWRIGHT_SOCKET: agent.path,
      LB_DRAIN_SECONDS: '2',
      ...environment,
    });
    if (!parsed.ok) throw new Error(parsed.problems.join('; '));
    const log: string[] = [];
    const accessLines: string[] = [];
    const balancer = new Balancer({
      config: parsed.config,
      log: (level, message, fields) => log.push(`${level} ${message} ${JSON.stringify(fields)}`),
      writeAccess: (line) => accessLines.push(line),
      onDrain: () => bed.drainAsked++,
    });
    const port = await balancer.start();
    const bed: Bed = new Bed(agent, balancer, port, log, accessLines);
    await eventually('the balancer to say hello', () => agent.hasHeard('hello').length > 0);
    return bed;
  }

  async backend(handler: Handler): Promise<Backend> {
    const backend = await Backend.start(handler);
    this.#backends.push(backend);
    return backend;
  }

  async child(delayMilliseconds: number): Promise<ChildBackend> {
    const child = await ChildBackend.start(delayMilliseconds);
    this.#backends.push({ close: () => child.kill() });
    return child;
  }

  /** Sends a topology of the alias `web` and waits until it is acknowledged. */
  async apply(members: Parameters<typeof topology>[1], rest: Partial<TopologyDocument> = {}): Promise<void> {
    const generation = ++this.#generation;
    this.agent.topology('web', topology(generation, members, rest));
    await eventually(`generation ${generation} to be applied`, () => this.agent.isApplied('web', generation));
  }

  /** The first counts with so many arrivals and nothing in flight or queued any more. */
  settled(arrivals: number, alias = 'web'): Promise<TargetDemand> {
    return eventually(`a report of ${arrivals} settled arrivals`, () => {
      const demand = this.balancer.report()[alias];
      return demand?.arrivals === arrivals && demand.inFlight === 0 && demand.queued === 0 ? demand : undefined;
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.balancer.close();
    await Promise.all([this.agent.close(), ...this.#backends.map((backend) => backend.close())]);
  }
}
