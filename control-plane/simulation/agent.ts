/** An agent as the contract has it: births, samples, switches of release; a load balancer's follows topologies and counts as well. */
import type { InstanceRequest, ObservedInstance } from '../app/ports/provider.ts';
import type { ArtifactReport } from '../../schema/mqtt/artifact.ts';
import type { Ack } from '../../schema/mqtt/command.ts';
import type { DemandReport } from '../../schema/mqtt/demand.ts';
import { isNewer, type DesiredDocument, type DesiredRelease } from '../../schema/mqtt/desired.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import type { StatsReport } from '../../schema/mqtt/stats.ts';
import type { AgentState, StatusReport, Will } from '../../schema/mqtt/status.ts';
import type { TopologyDocument } from '../../schema/mqtt/topology.ts';
import { clusterTopic, DELIVERY, instanceTopic, type AgentLeaf, type InstanceKey } from '../../schema/mqtt/topics.ts';
import { Target } from './load.ts';
import type { Client, Message, Network } from './network.ts';
import { between, type Random } from './random.ts';
import { Program, type VirtualTime } from './time.ts';

const REPORT_MILLISECONDS = 1000;
/** An agent whose figures do not move sends in batches. */
const BATCH = 4;

export interface AgentOptions {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly random: Random;
  readonly newSession: () => string;
  readonly request: InstanceRequest;
  readonly ports: ObservedInstance['ports'];
  /** Requests per second for a component now. */
  readonly rate: (application: string, alias: string) => number;
  /** Whether an instance's application serves. */
  readonly serves: (instance: string) => boolean;
  /** Releases whose application never gets ready. */
  readonly isBad: (release: string) => boolean;
  readonly onEnd: (detail: string) => void;
}

/** What an agent has counted, and what a message from it has told. */
export interface Counted {
  cpuSeconds: number;
  readonly requests: Map<string, number>;
}

export class Agent {
  readonly key: InstanceKey;
  readonly program: Program;
  readonly isBalancer: boolean;
  readonly client: Client;
  readonly counted: Counted = { cpuSeconds: 0, requests: new Map() };
  state: AgentState = 'initialized';
  running: DesiredRelease | null = null;
  readonly #options: AgentOptions;
  readonly #session: string;
  #statusSequence = 0;
  #artifactSequence = 0;
  #sampleSequence = 0;
  #demandSequence = 0;
  #desired: DesiredDocument | null = null;
  readonly #topologies = new Map<string, TopologyDocument>();
  readonly #targets = new Map<string, Target>();
  readonly #samples: { readonly at: number; readonly load: number; readonly cpuSeconds: number }[] = [];
  readonly #bornAt: number;
  #switches = 0;

  constructor(options: AgentOptions) {
    const { time, network, random, request, newSession } = options;
    const { tenant, application, alias, instance, cartridge } = request.document;
    this.#options = options;
    this.#session = newSession();
    this.#bornAt = time.now;
    this.key = { tenant, application, alias, instance };
    this.isBalancer = cartridge.spec.category === 'load-balancer';
    this.program = new Program(time);
    const own = new Set([clusterTopic(this.key, 'desired'), instanceTopic(this.key, 'command')]);
    const prefix = clusterTopic({ ...this.key, alias: '' }, 'topology').replace(/\/+topology$/, '/');
    this.client = network.join({
      id: instance,
      program: this.program,
      follows: (topic) =>
        own.has(topic) || (this.isBalancer && topic.startsWith(prefix) && topic.endsWith('/topology')),
      will: () => this.#will(),
      connected: () => this.#connected(),
      disconnected: () => undefined,
      message: (message) => this.#message(message),
    });
    this.program.after(between(random, 0, REPORT_MILLISECONDS), () => this.#beat());
  }

  /** Its processes are gone, without a last word. */
  end(detail: string): void {
    if (this.program.isKilled) return;
    this.program.kill();
    this.#options.network.leave(this.client);
    this.#options.onEnd(detail);
  }

  /** Asked to end: it does within the grace time, or is killed. */
  askToEnd(graceMilliseconds: number, ended: () => void): void {
    const { time, random } = this.#options;
    if (this.program.isRunning) this.#say('ready-to-shutdown');
    time.after(Math.min(graceMilliseconds, between(random, 50, 1500)), () => {
      this.end('it was stopped');
      ended();
    });
  }

  #beat(): void {
    this.program.after(REPORT_MILLISECONDS, () => this.#beat());
    this.#count();
    this.#sample();
    if (this.isBalancer) this.#demand();
  }

  #count(): void {
    const { application, alias } = this.key;
    const busy = this.state === 'active' ? Math.min(0.9, this.#options.rate(application, alias) / 1000) : 0;
    this.counted.cpuSeconds += 0.02 + busy;
    this.#samples.push({ at: this.#options.time.now, load: 5 + 100 * busy, cpuSeconds: this.counted.cpuSeconds });
    if (this.#samples.length > 60) this.#samples.shift();
  }

  #sample(): void {
    const samples = this.#samples;
    if (this.state === 'starting' || samples.length < BATCH || !this.client.isConnected) return;
    const { now } = this.#options.time;
    const first = this.#sampleSequence + 1;
    this.#sampleSequence += samples.length;
    const report: StatsReport = {
      v: 1,
      session: this.#session,
      sequence: samples.map((_, index) => first + index),
      ageMilliseconds: samples.map(({ at }) => now - at),
      gauges: { loadAverage: samples.map(({ load }) => load), memory: samples.map(() => 20) },
      counters: { cpuSeconds: samples.map(({ cpuSeconds }) => cpuSeconds) },
    };
    samples.length = 0;
    this.#publish('stats', encode(report));
  }

  #demand(): void {
    const { time, rate, serves } = this.#options;
    const targets: Record<string, DemandReport['targets'][string]> = {};
    for (const [alias, { members }] of this.#topologies) {
      if (alias === this.key.alias) continue;
      const target = this.#targets.get(alias) ?? new Target();
      this.#targets.set(alias, target);
      const serving = members.filter(({ state, instance }) => state === 'active' && serves(instance));
      target.pass(
        REPORT_MILLISECONDS / 1000,
        rate(this.key.application, alias),
        serving.map(({ instance }) => instance),
      );
      this.counted.requests.set(alias, target.answered);
      targets[alias] = target.report();
    }
    const uptimeSeconds = (time.now - this.#bornAt) / 1000;
    const sequence = (this.#demandSequence += 1);
    const report: DemandReport = { v: 1, session: this.#session, sequence, ageMilliseconds: 0, uptimeSeconds, targets };
    this.#publish('demand', encode(report));
  }

  #connected(): void {
    // The birth again, as it was: that is what a reconnect is.
    if (this.#statusSequence === 0) this.#statusSequence = 1;
    this.#publish('status', encode(this.#status()));
    if (this.running !== null) this.#reportArtifact(this.state === 'faulty' ? 'failed' : 'active');
    for (const [alias, topology] of this.#topologies) this.#acknowledge(alias, topology);
  }

  #message({ topic, payload }: Message): void {
    if (payload.byteLength === 0) return;
    if (topic.endsWith('/desired')) this.#desire(JSON.parse(payload.toString()) as DesiredDocument);
    else if (topic.endsWith('/topology') && this.isBalancer)
      this.#follow(topic.split('/').at(-2)!, JSON.parse(payload.toString()) as TopologyDocument);
  }

  #desire(document: DesiredDocument): void {
    if (this.#desired !== null && !isNewer(document, this.#desired)) return;
    this.#desired = document;
    this.#switch();
  }

  #switch(): void {
    if (this.#desired === null || this.state === 'ready-to-shutdown') return;
    const { stable, candidate } = this.#desired;
    const mine = candidate?.instances.includes(this.key.instance) === true ? candidate : stable;
    if (mine === undefined || mine.release === this.running?.release) return;
    if (this.running !== null) this.#say('maintenance');
    this.running = mine;
    const order = (this.#switches += 1);
    this.#reportArtifact('switching');
    this.#say('starting');
    const { random, isBad } = this.#options;
    this.program.after(between(random, 300, 3000), () => {
      if (order !== this.#switches || this.state === 'ready-to-shutdown') return;
      const isFailed = isBad(mine.release);
      this.#say(isFailed ? 'faulty' : 'active');
      this.#reportArtifact(isFailed ? 'failed' : 'active');
    });
  }

  #follow(alias: string, topology: TopologyDocument): void {
    const known = this.#topologies.get(alias);
    if (known?.uid === topology.uid && !isNewer(topology, known)) return;
    this.#topologies.set(alias, topology);
    this.#acknowledge(alias, topology);
  }

  #acknowledge(alias: string, { uid, epoch, generation }: TopologyDocument): void {
    const ack: Ack = { v: 1, session: this.#session, kind: 'topology', alias, uid, epoch, generation };
    this.#publish('ack', encode(ack));
  }

  #say(state: AgentState): void {
    this.state = state;
    this.#statusSequence += 1;
    this.#publish('status', encode(this.#status()));
  }

  #status(): StatusReport {
    return {
      v: 1,
      session: this.#session,
      sequence: this.#statusSequence,
      state: this.state,
      ...(this.state === 'faulty' ? { reason: { code: 'exited', message: 'the application ended with code 1' } } : {}),
      reads: { desired: [1], command: [1] },
      agentVersion: 'simulated',
      addresses: this.#options.ports.map(({ name, port }) => ({ name, host: '127.0.0.1', port })),
      restarts: 0,
    };
  }

  #reportArtifact(phase: 'switching' | 'active' | 'failed'): void {
    if (this.running === null) return;
    this.#artifactSequence += 1;
    const report: ArtifactReport = {
      v: 1,
      session: this.#session,
      sequence: this.#artifactSequence,
      ...(phase === 'active' || phase === 'failed' ? { release: this.running.release } : {}),
      slots: {},
    };
    this.#publish('artifact', encode(report));
  }

  #will() {
    const will: Will = { v: 1, session: this.#session, state: 'offline' };
    return { topic: instanceTopic(this.key, 'status'), payload: encode(will), qos: 1, retain: true } as const;
  }

  #publish(leaf: AgentLeaf, payload: Buffer): void {
    const { qos, retain } = DELIVERY[leaf];
    this.#options.network.publish(this.client, { topic: instanceTopic(this.key, leaf), payload, qos, retain });
  }
}
