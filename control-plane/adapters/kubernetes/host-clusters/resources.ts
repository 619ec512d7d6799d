/** What nodes have for pods, and what pods take of it. Pure. */
import type { V1Node, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { HostClusterReading, PodResources } from '../../../app/ports/host-clusters.ts';
import type { InstanceNeeds } from '../../../app/ports/provider.ts';
import { quantity } from './quantity.ts';

/** The little of a node that is kept. */
export interface NodeCapacity extends PodResources {
  /** Ready, not cordoned, and without a taint that keeps ordinary pods away. */
  readonly isUsable: boolean;
}

/** The little of a pod that is kept. */
export interface PodUse extends InstanceNeeds {
  readonly node: string;
}

/** What a node has left. */
export type Left = { -readonly [name in keyof PodResources]: number };

type Objects<T> = ReadonlyMap<string, T>;

export function nodeCapacity({ spec, status }: Pick<V1Node, 'spec' | 'status'>): NodeCapacity {
  const { cpu, memory, pods } = status?.allocatable ?? {};
  const isReady = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
  const keepsAway = spec?.taints?.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute') ?? false;
  return {
    isUsable: isReady && spec?.unschedulable !== true && !keepsAway,
    cpuCores: quantity(cpu),
    memoryBytes: quantity(memory),
    pods: quantity(pods),
  };
}

/** Null for a pod that takes nothing: it has no node yet, or has ended. */
export function podUse({ spec, status }: Pick<V1Pod, 'spec' | 'status'>): PodUse | null {
  if (spec?.nodeName === undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed') return null;
  return { node: spec.nodeName, ...needsOf(spec) };
}

/** What a pod requests. */
export function needsOf(spec: V1PodSpec | undefined): InstanceNeeds {
  if (spec === undefined) return { cpuCores: 0, memoryBytes: 0 };
  return { cpuCores: requested(spec, 'cpu'), memoryBytes: requested(spec, 'memory') };
}

/**
 * As the scheduler counts it: the containers together with those that start first and stay, or the largest of those that start
 * first and end, whichever is more; and the pod's overhead (https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers).
 */
function requested(spec: V1PodSpec, what: 'cpu' | 'memory'): number {
  const of = (container: V1PodSpec['containers'][number]): number => quantity(container.resources?.requests?.[what]);
  let staying = 0;
  let most = 0;
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') staying += of(container);
    else most = Math.max(most, staying + of(container));
  }
  const together = spec.containers.reduce((sum, container) => sum + of(container), staying);
  return Math.max(together, most) + quantity(spec.overhead?.[what]);
}

/** Room is counted node by node: what one has too much of helps no other. */
export function readingOf(version: string, nodes: Objects<NodeCapacity>, pods: Objects<PodUse>): HostClusterReading {
  const usable = [...nodes.values()].filter(({ isUsable }) => isUsable);
  const room = sum(leftOn(nodes, pods.values()).values());
  return { version, nodes: nodes.size, usableNodes: usable.length, capacity: sum(usable), room };
}

/** What each usable node has left, by its name; below 0 where more is requested than it has. */
export function leftOn(nodes: Objects<NodeCapacity>, pods: Iterable<PodUse>): Map<string, Left> {
  const left = new Map<string, Left>();
  for (const [name, { isUsable, ...all }] of nodes) if (isUsable) left.set(name, all);
  for (const use of pods) {
    const there = left.get(use.node);
    if (there !== undefined) take(there, use);
  }
  return left;
}

/** One pod more is there. */
export function take(left: Left, { cpuCores, memoryBytes }: InstanceNeeds): void {
  left.cpuCores -= cpuCores;
  left.memoryBytes -= memoryBytes;
  left.pods -= 1;
}

function sum(all: Iterable<PodResources>): PodResources {
  const total = { cpuCores: 0, memoryBytes: 0, pods: 0 };
  for (const { cpuCores, memoryBytes, pods } of all) {
    total.cpuCores += Math.max(0, cpuCores);
    total.memoryBytes += Math.max(0, Math.round(memoryBytes));
    total.pods += Math.max(0, Math.round(pods));
  }
  // Thousandths of a core are what Kubernetes counts in.
  return { ...total, cpuCores: Math.round(total.cpuCores * 1000) / 1000 };
}
