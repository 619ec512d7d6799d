/** How many more instances the nodes of a host cluster take. Pure. */
import type { V1Node, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { quantity } from '../host-clusters/quantity.ts';
import { requested } from '../host-clusters/resources.ts';

/**
 * Sum over the nodes that take pods of what is allocatable less what pods request, in whole instances of that memory. `unplaced`: the
 * memory of each instance that is on no node yet; it is taken to go where most is free, the largest first.
 */
export function roomIn(
  nodes: readonly V1Node[],
  pods: readonly V1Pod[],
  unplaced: readonly number[],
  memoryBytes: number,
): number {
  const free = nodes
    .filter(({ spec, status }) => spec?.unschedulable !== true && isReady(status))
    .map(({ metadata, status }) => {
      const on = pods.filter((pod) => pod.spec?.nodeName === metadata?.name && isThere(pod));
      return {
        memory: on.reduce((left, pod) => left - memoryOf(pod.spec), quantity(status?.allocatable?.memory)),
        pods: quantity(status?.allocatable?.pods) - on.length,
      };
    });
  for (const memory of [...unplaced].sort((a, b) => b - a)) {
    const roomiest = free.toSorted((a, b) => b.memory - a.memory)[0];
    if (roomiest === undefined) break;
    roomiest.memory -= memory;
    roomiest.pods -= 1;
  }
  return free.reduce((sum, left) => sum + Math.max(0, Math.min(left.pods, Math.floor(left.memory / memoryBytes))), 0);
}

/** Those that have all of the labels. */
export function nodesOf(nodes: readonly V1Node[], selector: Readonly<Record<string, string>> = {}): readonly V1Node[] {
  return nodes.filter(({ metadata }) =>
    Object.entries(selector).every(([label, value]) => metadata?.labels?.[label] === value),
  );
}

function isReady(status: V1Node['status']): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

function isThere({ status }: V1Pod): boolean {
  return status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
}

/** What a pod requests, in bytes. */
export function memoryOf(spec: V1PodSpec | undefined): number {
  return spec === undefined ? 0 : requested(spec, 'memory');
}
