/**
 * The one place that builds and parses MQTT topics.
 *
 * Root: `cartwright/v1/<shard>/<tenant>/<application>/<alias>`, below it the leaves of the service cluster
 * (`desired`, `topology`) and, one level deeper, of each instance (`<instance>/status` …).
 */
import { isId } from '../ids.ts';

/** Identifies a service cluster (an alias of an application) by names. */
export interface ClusterKey {
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
}

export interface InstanceKey extends ClusterKey {
  readonly instance: string;
}

/** Leaves of a service cluster, written by the control plane, retained, QoS 1. */
const CLUSTER_LEAVES = ['desired', 'topology'] as const;
export type ClusterLeaf = (typeof CLUSTER_LEAVES)[number];

/** Leaves of an instance that its agent writes. */
export const AGENT_LEAVES = ['status', 'stats', 'demand', 'artifact', 'log', 'ack'] as const;
export type AgentLeaf = (typeof AGENT_LEAVES)[number];

/** Leaf of an instance that the control plane writes. */
export const COMMAND_LEAF = 'command';
export type InstanceLeaf = AgentLeaf | typeof COMMAND_LEAF;

export type ParsedTopic =
  | { readonly kind: 'cluster'; readonly key: ClusterKey; readonly leaf: ClusterLeaf }
  | { readonly kind: 'instance'; readonly key: InstanceKey; readonly leaf: InstanceLeaf };

const PREFIX = 'cartwright/v1';

/** QoS and retain flag of each leaf, as the contract fixes them. */
export const DELIVERY: Readonly<Record<ClusterLeaf | InstanceLeaf, { readonly qos: 0 | 1; readonly retain: boolean }>> =
  {
    status: { qos: 1, retain: true },
    stats: { qos: 0, retain: false },
    demand: { qos: 0, retain: false },
    artifact: { qos: 1, retain: true },
    log: { qos: 0, retain: false },
    ack: { qos: 1, retain: false },
    command: { qos: 1, retain: false },
    desired: { qos: 1, retain: true },
    topology: { qos: 1, retain: true },
  };

/**
 * The shard of an application: the FNV-1a hash of `tenant/application` folded to one byte, as two hex digits.
 * Stable for ever: topics of running agents are made of it.
 */
function shardOf(tenant: string, application: string): string {
  let hash = 0x811c9dc5;
  for (const character of `${tenant}/${application}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  const folded = (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
  return folded.toString(16).padStart(2, '0');
}

function clusterRoot({ tenant, application, alias }: ClusterKey): string {
  return `${PREFIX}/${shardOf(tenant, application)}/${tenant}/${application}/${alias}`;
}

export function clusterTopic(key: ClusterKey, leaf: ClusterLeaf): string {
  return `${clusterRoot(key)}/${leaf}`;
}

export function instanceTopic(key: InstanceKey, leaf: InstanceLeaf): string {
  return `${clusterRoot(key)}/${key.instance}/${leaf}`;
}

/** The filter by which a load balancer follows the topology of every alias of its own application. */
export function applicationTopologyFilter({ tenant, application }: ClusterKey): string {
  return `${PREFIX}/${shardOf(tenant, application)}/${tenant}/${application}/+/topology`;
}

/** The filters by which a control plane receives what agents write, over all shards. */
export const INGEST_FILTERS: readonly string[] = AGENT_LEAVES.map((leaf) => `${PREFIX}/+/+/+/+/+/${leaf}`);

/** Parses a topic name; `undefined` for everything that is not exactly a topic of this contract (wrong shard included). */
export function parseTopic(topic: string): ParsedTopic | undefined {
  if (topic.length > 220) return undefined;
  const [root, version, shard, tenant, application, alias, ...rest] = topic.split('/');
  if (root !== 'cartwright' || version !== 'v1') return undefined;
  if (!isId(tenant) || !isId(application) || !isId(alias)) return undefined;
  if (shard !== shardOf(tenant, application)) return undefined;
  const cluster: ClusterKey = { tenant, application, alias };
  if (rest.length === 1) {
    const leaf = CLUSTER_LEAVES.find((candidate) => candidate === rest[0]);
    return leaf === undefined ? undefined : { kind: 'cluster', key: cluster, leaf };
  }
  const [instance, name] = rest;
  if (rest.length !== 2 || !isId(instance)) return undefined;
  const leaf = [...AGENT_LEAVES, COMMAND_LEAF].find((candidate) => candidate === name);
  return leaf === undefined
    ? undefined
    : { kind: 'instance', key: { ...cluster, instance }, leaf: leaf as InstanceLeaf };
}

/** `tenant/application/alias`, the key of a service cluster in logs, records and maps. */
export function clusterKeyText({ tenant, application, alias }: ClusterKey): string {
  return `${tenant}/${application}/${alias}`;
}
