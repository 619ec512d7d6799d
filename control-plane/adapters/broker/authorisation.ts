/** What an agent may do on the broker: exact lists, made from who it is. Whatever is not on them is refused. */
import { MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';
import {
  AGENT_LEAVES,
  applicationTopologyFilter,
  clusterTopic,
  COMMAND_LEAF,
  DELIVERY,
  instanceTopic,
} from '../../../schema/mqtt/topics.ts';
import type { AgentLeaf } from '../../../schema/mqtt/topics.ts';
import type { InstanceIdentity } from '../../app/ports/messaging.ts';

/** The part of a publish, or of a will, that decides. */
export interface Publication {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: string | Uint8Array;
}

export type PublishRefusal = 'publish-topic' | 'publish-qos' | 'publish-retain' | 'publish-oversize';

/** Wills are a few dozen bytes. */
const MAX_WILL_BYTES = 1024;

export class Permissions {
  readonly #publish: ReadonlyMap<string, AgentLeaf>;
  readonly #subscribe: ReadonlySet<string>;
  readonly #will: string;

  constructor(identity: InstanceIdentity) {
    const leaves = AGENT_LEAVES.filter((leaf) => leaf !== 'demand' || identity.isLoadBalancer);
    this.#publish = new Map(leaves.map((leaf) => [instanceTopic(identity, leaf), leaf]));
    const filters = [clusterTopic(identity, 'desired'), instanceTopic(identity, COMMAND_LEAF)];
    this.#subscribe = new Set(identity.isLoadBalancer ? [...filters, applicationTopologyFilter(identity)] : filters);
    this.#will = instanceTopic(identity, 'status');
  }

  /** Why a publication is refused; `undefined` allows it. */
  refusePublish({ topic, qos, retain, payload }: Publication): PublishRefusal | undefined {
    const leaf = this.#publish.get(topic);
    if (leaf === undefined) return 'publish-topic';
    if (qos > 1) return 'publish-qos';
    if (retain && !DELIVERY[leaf].retain) return 'publish-retain';
    return Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES ? 'publish-oversize' : undefined;
  }

  maySubscribe(filter: string, qos: number): boolean {
    return qos <= 1 && this.#subscribe.has(filter);
  }

  /** A will is what the broker says in the agent's place when it dies: its own status, retained, and nothing else. */
  mayLeaveWill({ topic, qos, retain, payload }: Publication): boolean {
    return topic === this.#will && qos <= 1 && retain && Buffer.byteLength(payload) <= MAX_WILL_BYTES;
  }
}
