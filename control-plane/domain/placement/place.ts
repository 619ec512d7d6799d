/** Spreading a number of instances over the partitions of a deployment policy. */
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';

export interface PartitionRoom {
  readonly name: string;
  readonly hostCluster: string;
  /** The policy's maximum for this service cluster; undefined: none. */
  readonly maximum: number | undefined;
  /** Instances that fit in all, those that run included. */
  readonly room: number;
}

export interface Placement {
  /** In the order of the policy, zeros included; never above the partition's maximum or room. */
  readonly partitions: readonly { readonly name: string; readonly hostCluster: string; readonly instances: number }[];
  /** What found no place. */
  readonly unplaced: number;
  /** One clause that says how the number came about. */
  readonly detail: string;
}

export type Algorithm = DeploymentPolicySpec['algorithm'];

/**
 * Places one instance after the other, so that one more or one fewer never moves another:
 * - `one-after-another` fills a partition before it begins the next (the declared order is the burst order);
 * - `round-robin` gives each partition one in turn;
 * - `by-room` puts each where the most room is left.
 */
export function place(instances: number, partitions: readonly PartitionRoom[], algorithm: Algorithm): Placement {
  const limits = partitions.map(({ maximum, room }) => Math.max(0, Math.floor(Math.min(maximum ?? room, room))));
  const counts = SPREAD[algorithm](Math.max(0, instances), limits);
  const placed = sum(counts);
  const unplaced = Math.max(0, instances - placed);
  return {
    partitions: partitions.map(({ name, hostCluster }, index) => ({ name, hostCluster, instances: counts[index]! })),
    unplaced,
    detail: detailOf(partitions, counts, limits, algorithm, unplaced),
  };
}

/** Instances that the partitions have room for in all. */
export function roomOf(partitions: readonly PartitionRoom[]): number {
  return sum(partitions.map(({ maximum, room }) => Math.max(0, Math.floor(Math.min(maximum ?? room, room)))));
}

type Spread = (instances: number, limits: readonly number[]) => number[];

const SPREAD: Readonly<Record<Algorithm, Spread>> = {
  'one-after-another': (instances, limits) => {
    let left = instances;
    return limits.map((limit) => {
      const count = Math.min(left, limit);
      left -= count;
      return count;
    });
  },
  'round-robin': (instances, limits) =>
    eachTo(instances, limits, (counts, index, best) => counts[index]! < counts[best]!),
  'by-room': (instances, limits) =>
    eachTo(instances, limits, (counts, index, best) => limits[index]! - counts[index]! > limits[best]! - counts[best]!),
};

function eachTo(
  instances: number,
  limits: readonly number[],
  isBetter: (counts: readonly number[], index: number, best: number) => boolean,
): number[] {
  const counts = limits.map(() => 0);
  for (let placed = 0; placed < instances; placed += 1) {
    let best = -1;
    for (let index = 0; index < limits.length; index += 1) {
      if (counts[index]! >= limits[index]!) continue;
      if (best < 0 || isBetter(counts, index, best)) best = index;
    }
    if (best < 0) break;
    counts[best]! += 1;
  }
  return counts;
}

function detailOf(
  partitions: readonly PartitionRoom[],
  counts: readonly number[],
  limits: readonly number[],
  algorithm: Algorithm,
  unplaced: number,
): string {
  const shares = partitions.map(({ name }, index) => {
    const full = counts[index] === limits[index] ? ' (full)' : '';
    return `${name} ${counts[index]}${full}`;
  });
  const rest = unplaced > 0 ? `; no place for ${unplaced}` : '';
  return `${algorithm}: ${shares.length === 0 ? 'no partition' : shares.join(', ')}${rest}`;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
