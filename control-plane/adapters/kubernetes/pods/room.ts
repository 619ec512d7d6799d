/** How many more instances the nodes of a host cluster take. Pure. */
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { InstanceNeeds } from '../../../app/ports/provider.ts';
import { leftOn, nodeCapacity, podUse, take, type Left } from '../host-clusters/resources.ts';

/** Processors are counted in thousandths, and their sums are rounded to them. */
const MILLI = 1000;

/**
 * Sum over the nodes that take pods of what is allocatable less what pods request, in whole instances that need so much. `unplaced`: what
 * each instance requests that is on no node yet; it is taken to go where most memory is free, the largest first.
 */
export function roomIn(
  nodes: readonly V1Node[],
  pods: readonly V1Pod[],
  unplaced: readonly InstanceNeeds[],
  needs: InstanceNeeds,
): number {
  const capacities = new Map(nodes.map((node) => [node.metadata?.name ?? '', nodeCapacity(node)]));
  const free = [
    ...leftOn(
      capacities,
      pods.flatMap((pod) => podUse(pod) ?? []),
    ).values(),
  ];
  for (const one of [...unplaced].sort((a, b) => b.memoryBytes - a.memoryBytes)) {
    const roomiest = free.toSorted((a, b) => b.memoryBytes - a.memoryBytes)[0];
    if (roomiest === undefined) break;
    take(roomiest, one);
  }
  return free.reduce((sum, left) => sum + Math.max(0, fitting(left, needs)), 0);
}

function fitting({ cpuCores, memoryBytes, pods }: Left, needs: InstanceNeeds): number {
  const byMemory = Math.floor(memoryBytes / needs.memoryBytes);
  if (needs.cpuCores === 0) return Math.min(pods, byMemory);
  const byProcessors = Math.floor(Math.round(cpuCores * MILLI) / Math.ceil(needs.cpuCores * MILLI));
  return Math.min(pods, byMemory, byProcessors);
}

/** Those that have all of the labels. */
export function nodesOf(nodes: readonly V1Node[], selector: Readonly<Record<string, string>> = {}): readonly V1Node[] {
  return nodes.filter(({ metadata }) =>
    Object.entries(selector).every(([label, value]) => metadata?.labels?.[label] === value),
  );
}
