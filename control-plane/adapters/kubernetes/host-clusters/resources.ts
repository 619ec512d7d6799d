/** What nodes have for pods, and what pods take of it. Pure. */
import type { V1Node, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { HostClusterReading, PodResources } from '../../../app/ports/host-clusters.ts';
import { quantity } from './quantity.ts';

/** The little of a node that is kept. */
export interface NodeCapacity extends PodResources {
  /** Ready, not cordoned, and without a taint that keeps ordinary pods away. */
  readonly isUsable: boolean;
}

/** The little of a pod that is kept. */
export interface PodUse {
  readonly node: string;
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

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
  return { node: spec.nodeName, cpuCores: requested(spec, 'cpu'), memoryBytes: requested(spec, 'memory') };
}

/**
 * As the scheduler counts it: the containers together with those that start first and stay, or the largest of those that start
 * first and end, whichever is more; and the pod's overhead (https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers).
 */
export function requested(spec: V1PodSpec, what: 'cpu' | 'memory'): number {
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
  const free = new Map<string, { cpuCores: number; memoryBytes: number; pods: number }>();
  for (const [name, { isUsable, cpuCores, memoryBytes, pods: most }] of nodes)
    if (isUsable) free.set(name, { cpuCores, memoryBytes, pods: most });
  const capacity = sum(free.values());
  for (const { node, cpuCores, memoryBytes } of pods.values()) {
    const left = free.get(node);
    if (left === undefined) continue;
    left.cpuCores -= cpuCores;
    left.memoryBytes -= memoryBytes;
    left.pods -= 1;
  }
  return { version, nodes: nodes.size, usableNodes: free.size, capacity, room: sum(free.values()) };
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
