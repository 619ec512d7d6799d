/** Agents and load balancers that do what the documents say, one step at a time, and report as real ones do. */
import { newUid } from '../../../schema/ids.ts';
import type { ArtifactReport } from '../../../schema/mqtt/artifact.ts';
import type { Ack } from '../../../schema/mqtt/command.ts';
import { LATENCY_BUCKETS_MILLISECONDS, type DemandReport } from '../../../schema/mqtt/demand.ts';
import type { DesiredDocument, DesiredRelease } from '../../../schema/mqtt/desired.ts';
import { encode } from '../../../schema/mqtt/payload.ts';
import type { StatsReport } from '../../../schema/mqtt/stats.ts';
import type { AgentState, StatusReport } from '../../../schema/mqtt/status.ts';
import type { TopologyDocument } from '../../../schema/mqtt/topology.ts';
import { clusterTopic, instanceTopic, type AgentLeaf, type InstanceKey } from '../../../schema/mqtt/topics.ts';
import type { Platform } from './platform.ts';

interface Agent {
  readonly key: InstanceKey;
  readonly isBalancer: boolean;
  readonly session: string;
  sequence: number;
  uptime: number;
  state: AgentState;
  running: DesiredRelease | null;
  /** Document that it acts by. */
  document: DesiredDocument | undefined;
}

const REASON = { code: 'exited', message: 'the application ended with code 1' };

export class Agents {
  readonly #platform: Platform;
  readonly #agents = new Map<string, Agent>();
  /** Releases whose application does not get ready. */
  readonly bad = new Set<string>();
  /** Releases whose application takes its agent with it. */
  readonly deadly = new Set<string>();
  /** How far the clocks of all instances are ahead. */
  clockSkewMilliseconds = 0;
  /** Load average that each instance of a service cluster reports, by its key; 10 where there is none. */
  readonly load = new Map<string, number>();
  /** Requests in flight at the load balancers, by instance. */
  readonly inFlight = new Map<string, number>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Each agent goes one step: is born, switches, starts, gets ready; load balancers apply what is published and report. */
  step(): void {
    for (const machine of this.#platform.provider.instances.values()) {
      if (machine.state !== 'running' || this.#platform.provider.isAway(machine)) continue;
      const agent = this.#agent(machine.instance);
      if (agent.isBalancer) this.#balance(agent);
      this.#advance(agent);
      this.#sample(agent);
    }
  }

  /** The connection is made anew, as after the broker or the control plane was away: the birth comes again. */
  reconnect(): void {
    for (const machine of this.#platform.provider.instances.values()) {
      const agent = this.#agents.get(machine.instance);
      if (machine.state !== 'running' || agent === undefined) continue;
      this.#report(agent, agent.state);
      if (agent.running !== null) this.#reportArtifact(agent, agent.state === 'faulty' ? 'failed' : 'active');
    }
  }

  /** The release that the application of an instance runs. */
  running(instance: string): string | undefined {
    return this.#agents.get(instance)?.running?.release;
  }

  send(key: InstanceKey, leaf: AgentLeaf, payload: { readonly v: 1 }): void {
    this.#platform.parts.ingest.message({
      topic: instanceTopic(key, leaf),
      payload: encode(payload),
      retained: false,
      receivedAt: this.#platform.now,
    });
  }

  #agent(instance: string): Agent {
    let agent = this.#agents.get(instance);
    if (agent === undefined) {
      const { tenant, application, alias, request } = this.#platform.provider.instances.get(instance)!;
      agent = {
        key: { tenant, application, alias, instance },
        isBalancer: request.document.cartridge.spec.category === 'load-balancer',
        session: newUid(),
        sequence: 0,
        uptime: 0,
        state: 'initialized',
        running: null,
        document: undefined,
      };
      this.#agents.set(instance, agent);
      this.#report(agent, 'initialized');
    }
    return agent;
  }

  #advance(agent: Agent): void {
    const { bad, deadly } = this;
    agent.document = this.#platform.messaging.document(clusterTopic(agent.key, 'desired')) ?? agent.document;
    const { stable, candidate } = agent.document ?? {};
    const mine = candidate?.instances.includes(agent.key.instance) === true ? candidate : stable;
    if (mine === undefined) return;
    if (agent.running?.release !== mine.release) {
      if (agent.running !== null) this.#report(agent, 'maintenance');
      agent.running = mine;
      this.#reportArtifact(agent, 'switching');
      this.#report(agent, 'starting');
      return;
    }
    if (agent.state !== 'starting') return;
    if (deadly.has(mine.release)) {
      this.#platform.provider.end(agent.key.instance, 'signal SIGKILL');
    } else if (bad.has(mine.release)) {
      this.#report(agent, 'faulty');
      this.#reportArtifact(agent, 'failed');
    } else {
      this.#report(agent, 'active');
      this.#reportArtifact(agent, 'active');
    }
  }

  #report(agent: Agent, state: AgentState): void {
    const { ports } = this.#platform.provider.instances.get(agent.key.instance)!;
    agent.state = state;
    agent.sequence += 1;
    const report: StatusReport = {
      v: 1,
      session: agent.session,
      sequence: agent.sequence,
      state,
      ...(state === 'faulty' ? { reason: REASON } : {}),
      reads: { desired: [1], command: [1] },
      agentVersion: 'test',
      addresses: ports.map(({ name, port }) => ({ name, host: '127.0.0.1', port })),
      restarts: 0,
    };
    this.send(agent.key, 'status', report);
  }

  /** That it is there at all: an agent that says nothing for long is replaced. */
  #sample(agent: Agent): void {
    const { session, key } = agent;
    agent.sequence += 1;
    const load = this.load.get(`${key.tenant}/${key.application}/${key.alias}`) ?? 10;
    const gauges = { loadAverage: [load], memory: [20] };
    const report: StatsReport = {
      v: 1,
      session,
      sequence: [agent.sequence],
      ageMilliseconds: [0],
      clock: this.#platform.now + this.clockSkewMilliseconds,
      gauges,
      counters: {},
    };
    this.send(agent.key, 'stats', report);
  }

  #reportArtifact(agent: Agent, phase: ArtifactReport['slots'][string]['phase']): void {
    const { document, running } = agent;
    if (document === undefined || running === null) return;
    const { epoch, generation } = document;
    agent.sequence += 1;
    const slots = running.artifacts.map(({ slot, digest }) => [
      slot,
      {
        epoch,
        generation,
        release: running.release,
        digest,
        phase,
        ...(phase === 'failed' ? { error: REASON } : {}),
      },
    ]);
    const report: ArtifactReport = {
      v: 1,
      session: agent.session,
      sequence: agent.sequence,
      release: running.release,
      slots: Object.fromEntries(slots) as ArtifactReport['slots'],
    };
    this.send(agent.key, 'artifact', report);
  }

  #balance(agent: Agent): void {
    const { tenant, application } = agent.key;
    const prefix = clusterTopic({ tenant, application, alias: 'x' }, 'topology').replace('x/topology', '');
    const targets: Record<string, DemandReport['targets'][string]> = {};
    for (const [topic, payload] of this.#platform.messaging.retained) {
      if (!topic.startsWith(prefix) || !topic.endsWith('/topology')) continue;
      const { uid, epoch, generation, members } = JSON.parse(payload.toString()) as TopologyDocument;
      const alias = topic.slice(prefix.length, -'/topology'.length);
      const ack: Ack = { v: 1, session: agent.session, kind: 'topology', alias, uid, epoch, generation };
      this.send(agent.key, 'ack', ack);
      targets[alias] = target(
        new Map(members.map(({ instance }) => [instance, this.inFlight.get(instance) ?? 0] as const)),
      );
    }
    agent.sequence += 1;
    agent.uptime += 1;
    // A moment later than the acknowledgement: only a report after it says what is in flight by it.
    this.#platform.now += 1;
    const { session, sequence, uptime } = agent;
    const report: DemandReport = { v: 1, session, sequence, ageMilliseconds: 0, uptimeSeconds: uptime, targets };
    this.send(agent.key, 'demand', report);
  }
}

export function target(inFlight: ReadonlyMap<string, number>, queued = 0): DemandReport['targets'][string] {
  let total = 0;
  for (const count of inFlight.values()) total += count;
  return {
    inFlight: total,
    queued,
    inFlightSeconds: 0,
    queuedSeconds: 0,
    saturatedSeconds: 0,
    arrivals: 0,
    completions: [0, 0, 0, 0, 0],
    serviceSeconds: 0,
    sheds: 0,
    failures: 0,
    bytesIn: 0,
    bytesOut: 0,
    latency: new Array<number>(LATENCY_BUCKETS_MILLISECONDS.length + 1).fill(0),
    instances: Object.fromEntries(
      [...inFlight].map(([instance, count]) => [
        instance,
        { inFlight: count, inFlightSeconds: 0, completions: 0, failures: 0 },
      ]),
    ),
  };
}
