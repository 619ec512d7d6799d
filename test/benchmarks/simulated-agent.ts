/** An agent as the control plane sees one: real MQTT packets with the real payloads, no application behind it. */
import mqtt, { type MqttClient } from 'mqtt';
import { newUid } from '../../schema/ids.ts';
import type { DemandReport, TargetDemand } from '../../schema/mqtt/demand.ts';
import { LATENCY_BUCKETS_MILLISECONDS } from '../../schema/mqtt/demand.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import { parseTopology } from '../../schema/mqtt/topology.ts';
import {
  applicationTopologyFilter,
  instanceTopic,
  parseTopic,
  type AgentLeaf,
  type InstanceKey,
} from '../../schema/mqtt/topics.ts';
import type { StatsReport } from '../../schema/mqtt/stats.ts';
import type { StatusReport } from '../../schema/mqtt/status.ts';

export interface SimulatedAgentOptions {
  readonly key: InstanceKey;
  readonly token: string;
  readonly broker: string;
  readonly port: number;
  readonly release: string | null;
}

export class SimulatedAgent {
  readonly #options: SimulatedAgentOptions;
  readonly #client: MqttClient;
  readonly session = newUid();
  #sequence = 0;
  #samples = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(options: SimulatedAgentOptions, client: MqttClient) {
    this.#options = options;
    this.#client = client;
  }

  /** Connects and says that the application is active. */
  static async start(options: SimulatedAgentOptions): Promise<SimulatedAgent> {
    const client = await mqtt.connectAsync(options.broker, {
      clientId: options.key.instance,
      username: options.key.instance,
      password: options.token,
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    const agent = new SimulatedAgent(options, client);
    const status: StatusReport = {
      v: 1,
      session: agent.session,
      sequence: 1,
      state: 'active',
      reads: { desired: [1], command: [1] },
      agentVersion: 'simulated',
      addresses: [{ name: 'http', host: '127.0.0.1', port: options.port }],
      restarts: 0,
    };
    await agent.publish('status', status);
    agent.#timer = setInterval(() => void agent.#reportStats(), 1000);
    return agent;
  }

  async #reportStats(): Promise<void> {
    this.#samples += 1;
    const report: StatsReport = {
      v: 1,
      session: this.session,
      sequence: [this.#samples],
      ageMilliseconds: [0],
      gauges: { loadAverage: [5], memory: [40] },
      counters: { cpuSeconds: [this.#samples * 0.05] },
    };
    await this.publish('stats', report);
  }

  /** Acknowledges every topology of the application, as a load balancer does at once. */
  async followTopology(): Promise<void> {
    this.#client.on('message', (topic, payload) => {
      const parsed = parseTopic(topic);
      const document = parseTopology(payload);
      if (parsed === undefined || !document.ok) return;
      const { uid, epoch, generation } = document.value;
      void this.publish('ack', {
        v: 1,
        session: this.session,
        kind: 'topology',
        alias: parsed.key.alias,
        uid,
        epoch,
        generation,
      } as { v: 1 });
    });
    await this.#client.subscribeAsync(applicationTopologyFilter(this.#options.key), { qos: 1 });
  }

  async reportDemand(uptimeSeconds: number, alias: string, target: TargetDemand): Promise<void> {
    this.#sequence += 1;
    const report: DemandReport = {
      v: 1,
      session: this.session,
      sequence: this.#sequence,
      ageMilliseconds: 0,
      uptimeSeconds,
      targets: { [alias]: target },
    };
    await this.publish('demand', report);
  }

  async publish(leaf: AgentLeaf, payload: { v: 1 }): Promise<void> {
    await this.#client.publishAsync(instanceTopic(this.#options.key, leaf), encode(payload), {
      qos: leaf === 'demand' || leaf === 'stats' || leaf === 'log' ? 0 : 1,
      retain: leaf === 'status' || leaf === 'artifact',
    });
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }
}

const SERVICE_SECONDS = 0.1;

/** Cumulative counters of a balancer whose requests in flight change at known times. */
export class SteppedDemand {
  readonly #before: number;
  readonly #after: number;
  /** In seconds of the balancer's uptime; Infinity until it is known. */
  stepAt = Number.POSITIVE_INFINITY;

  constructor(before: number, after: number) {
    this.#before = before;
    this.#after = after;
  }

  at(uptimeSeconds: number): TargetDemand {
    const calm = Math.min(uptimeSeconds, this.stepAt);
    const busy = Math.max(0, uptimeSeconds - this.stepAt);
    const inFlightSeconds = this.#before * calm + this.#after * busy;
    const completed = Math.floor(inFlightSeconds / SERVICE_SECONDS);
    return {
      inFlight: Math.round(uptimeSeconds < this.stepAt ? this.#before : this.#after),
      queued: 0,
      inFlightSeconds,
      queuedSeconds: 0,
      saturatedSeconds: 0,
      arrivals: completed,
      completions: [0, completed, 0, 0, 0],
      serviceSeconds: completed * SERVICE_SECONDS,
      sheds: 0,
      failures: 0,
      bytesIn: 0,
      bytesOut: 0,
      latency: LATENCY_BUCKETS_MILLISECONDS.map((bound) => (bound === 100 ? completed : 0)).concat(0),
      instances: {},
    };
  }
}
