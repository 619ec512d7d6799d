/**
 * Takes what agents publish. Nothing that a client sends stops it: what cannot be read is counted by leaf and problem, told to
 * the log at most once a minute a source, and dropped.
 */
import type { Logger } from 'pino';
import { parseArtifactReport } from '../../../schema/mqtt/artifact.ts';
import { parseAck } from '../../../schema/mqtt/command.ts';
import { parseDemand } from '../../../schema/mqtt/demand.ts';
import { parseLog } from '../../../schema/mqtt/log.ts';
import type { Parsed } from '../../../schema/mqtt/payload.ts';
import { parseStats } from '../../../schema/mqtt/stats.ts';
import { parseStatus } from '../../../schema/mqtt/status.ts';
import { clusterKeyText, DELIVERY, parseTopic, type AgentLeaf } from '../../../schema/mqtt/topics.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { IncomingMessage } from '../ports/messaging.ts';

/** Who handles an accepted payload; one function a leaf. */
interface Handlers {
  readonly status: (source: Source, payload: ReturnType<typeof parseStatus> & { ok: true }) => void;
  readonly stats: (source: Source, payload: ReturnType<typeof parseStats> & { ok: true }) => void;
  readonly demand: (source: Source, payload: ReturnType<typeof parseDemand> & { ok: true }) => void;
  readonly artifact: (source: Source, payload: ReturnType<typeof parseArtifactReport> & { ok: true }) => void;
  readonly log: (source: Source, payload: ReturnType<typeof parseLog> & { ok: true }) => void;
  readonly ack: (source: Source, payload: ReturnType<typeof parseAck> & { ok: true }) => void;
}

export interface Source {
  readonly cluster: ClusterState;
  readonly instance: InstanceState;
  readonly receivedAt: number;
  readonly retained: boolean;
}

const PARSERS: { readonly [L in AgentLeaf]: (bytes: Uint8Array) => Parsed<unknown> } = {
  status: parseStatus,
  stats: parseStats,
  demand: parseDemand,
  artifact: parseArtifactReport,
  log: parseLog,
  ack: parseAck,
};

const TELL_EVERY_MILLISECONDS = 60_000;
const MOST_SOURCES_REMEMBERED = 10_000;
const MOST_TOPICS_KEPT = 100_000;

/** A topic that an agent writes. */
interface AgentTopic {
  readonly leaf: AgentLeaf;
  readonly instance: string;
  /** Key of its service cluster, as text. */
  readonly cluster: string;
}

export interface IngestOptions {
  readonly fleet: Fleet;
  readonly handlers: Handlers;
  /** Counts one message by leaf (`unknown` for no topic of ours) and result (`accepted` or the problem). */
  readonly count: (leaf: string, result: string) => void;
  /** A retained topic of an instance that is not, or not any more. */
  readonly clear: (topic: string) => void;
  readonly logger: Logger;
}

export class Ingest {
  readonly #options: IngestOptions;
  readonly #toldAt = new Map<string, number>();
  readonly #topics = new Map<string, AgentTopic>();

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  message(message: IncomingMessage): void {
    const topic = this.#topics.get(message.topic) ?? this.#read(message.topic);
    if (topic === undefined) {
      this.#drop('unknown', 'unknown-topic', message, 'not a topic that an agent writes');
      return;
    }
    const { leaf } = topic;
    // An empty retained payload is the clearing of a topic, not a report.
    if (message.payload.byteLength === 0) return;
    const cluster = this.#options.fleet.clusterOfInstance(topic.instance);
    const instance = cluster?.instances.get(topic.instance);
    if (cluster === undefined || instance === undefined || cluster.keyText !== topic.cluster) {
      this.#dropStray(leaf, message, 'no such instance of that service cluster');
      return;
    }
    // Its last words may come late; nothing else of an instance that has ended says anything about now.
    if (!instance.isLive && leaf !== 'log') {
      this.#dropStray(leaf, message, 'this instance has ended');
      return;
    }
    const parsed = PARSERS[leaf](message.payload);
    if (!parsed.ok) {
      this.#drop(leaf, parsed.problem, message, parsed.detail);
      return;
    }
    // A will is the broker's word, and what is retained an old one.
    if (leaf !== 'status' && !message.retained) instance.lastHeardAt = message.receivedAt;
    const handle = this.#options.handlers[leaf] as (source: Source, payload: Parsed<unknown>) => void;
    try {
      handle({ cluster, instance, receivedAt: message.receivedAt, retained: message.retained }, parsed);
    } catch (error) {
      // A fault of ours; the broker's delivery, and every other source, goes on.
      this.#drop(leaf, 'not-handled', message, (error as Error).stack ?? String(error));
      return;
    }
    this.#options.count(leaf, 'accepted');
  }

  /** Of an instance that is there it is kept: an agent writes to the same few topics every second. */
  #read(text: string): AgentTopic | undefined {
    const parsed = parseTopic(text);
    if (parsed?.kind !== 'instance' || parsed.leaf === 'command') return undefined;
    const { leaf, key } = parsed;
    const topic = { leaf, instance: key.instance, cluster: clusterKeyText(key) };
    if (this.#options.fleet.instance(key.instance) === undefined) return topic;
    if (this.#topics.size >= MOST_TOPICS_KEPT) this.#topics.clear();
    this.#topics.set(text, topic);
    return topic;
  }

  /** What is retained of an instance that is not there would come again with every connect, for ever. */
  #dropStray(leaf: AgentLeaf, message: IncomingMessage, detail: string): void {
    this.#drop(leaf, 'unknown-instance', message, detail);
    if (DELIVERY[leaf].retain) this.#options.clear(message.topic);
  }

  #drop(leaf: string, result: string, message: IncomingMessage, detail: string): void {
    this.#options.count(leaf, result);
    const last = this.#toldAt.get(message.topic);
    if (last !== undefined && message.receivedAt - last < TELL_EVERY_MILLISECONDS) return;
    if (this.#toldAt.size >= MOST_SOURCES_REMEMBERED) this.#toldAt.clear();
    this.#toldAt.set(message.topic, message.receivedAt);
    this.#options.logger.warn({ topic: message.topic.slice(0, 220), problem: result, detail }, 'dropped a message');
  }
}
