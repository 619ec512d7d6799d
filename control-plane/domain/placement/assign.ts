/**
 * Which partition each new instance goes to, and from which one is taken first when there are too many. One after the other, from
 * what is there now: one more or one fewer never moves another.
 */
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import { type Placement, placeText } from './placement.ts';

export type Algorithm = DeploymentPolicySpec['algorithm'];

/** Why nothing new goes to a partition. `lost`: its host cluster does not answer; `outside`: the policy does not name it (any more). */
export interface Closed {
  readonly code: 'lost' | 'unknown' | 'drained' | 'missing' | 'unfit' | 'outside';
  /** What comes after its name: `is drained`. */
  readonly message: string;
}

export interface PartitionState extends Placement {
  /** The policy's maximum for this service cluster; undefined: none. */
  readonly maximum: number | undefined;
  /** Instances that are there and stay; the lost ones left out. */
  readonly present: number;
  /** Instances that fit in beside those. */
  readonly free: number;
  /** Instances that fit in the whole host cluster beside those that are there; its partitions share them. */
  readonly hostClusterFree: number;
  /** Null: new ones may go there. */
  readonly closed: Closed | null;
}

export interface Assigned extends Placement {
  /** Why there, in one clause. */
  readonly why: string;
}

export interface Assignment {
  /** One for each new instance, in the order in which they begin. */
  readonly add: readonly Assigned[];
  /** One for each instance too many, in the order in which they go. */
  readonly take: readonly Placement[];
  /** What found no place. */
  readonly unplaced: number;
}

/** @param partitions in the order of the policy, which is the burst order; those that it does not name come last, closed */
export function assign(wanted: number, partitions: readonly PartitionState[], algorithm: Algorithm): Assignment {
  const present = sum(partitions.map((partition) => partition.present));
  const add: Assigned[] = [];
  let now = partitions;
  while (present + add.length < wanted) {
    const next = nextPlace(now, algorithm);
    if (next === null) break;
    add.push(next);
    now = now.map((one) => withOneMore(one, next));
  }
  return {
    add,
    take: takeOrder(Math.max(0, present - wanted), partitions, algorithm),
    unplaced: Math.max(0, wanted - present - add.length),
  };
}

/** Where the next one goes; null: every partition is closed or at its maximum. */
export function nextPlace(partitions: readonly PartitionState[], algorithm: Algorithm): Assigned | null {
  const open = partitions.filter(isOpen);
  const roomy = open.filter((partition) => roomLeft(partition) > 0);
  // What is free is an estimate, and a host cluster may grow: where all are full, the instance waits there for its place.
  const [first, ...others] = roomy.length > 0 ? roomy : open;
  if (first === undefined) return null;
  let best = first;
  for (const other of others) if (IS_BETTER[algorithm](other, best)) best = other;
  const { hostCluster, partition } = best;
  return { hostCluster, partition, why: whyThere(best, partitions, algorithm, roomy.length === 0) };
}

/** Instances that could be in all of them, those that are there included. */
export function roomOf(partitions: readonly PartitionState[]): number {
  const growth = new Map<string, number>();
  for (const partition of partitions.filter(isOpen)) {
    const { hostCluster, hostClusterFree, free } = partition;
    const more = Math.max(0, Math.min(left(partition), free));
    const before = growth.get(hostCluster) ?? 0;
    growth.set(hostCluster, Math.max(0, Math.min(before + more, hostClusterFree)));
  }
  return sum(partitions.map(({ present }) => present)) + sum([...growth.values()]);
}

export interface Move {
  readonly from: Placement;
  readonly to: Assigned;
  /** It must not be where it is; otherwise it would merely be better elsewhere. */
  readonly isForced: boolean;
}

/**
 * What must not be where it is and can be elsewhere: it is on a host cluster that is drained, in a partition that the policy does not name any
 * more, or beyond a maximum. Where there is none such, what the policy would put elsewhere now ({@link IS_WORTH_MOVING}): it was begun while
 * that place took none. One at a time, and only while another partition has room.
 */
export function nextMove(partitions: readonly PartitionState[], algorithm: Algorithm): Move | null {
  const leaving = partitions.find((partition) => partition.present > 0 && isLeaving(partition));
  const to = nextPlace(
    partitions.filter((partition) => partition === leaving || (isOpen(partition) && roomLeft(partition) > 0)),
    algorithm,
  );
  if (to === null) return null;
  if (leaving !== undefined) return { from: leaving, to, isForced: true };
  const answering = partitions.filter(({ closed }) => closed === null);
  const [worst] = takeOrder(1, answering, algorithm);
  const [from, best] = [worst, to].map((place) => answering.findIndex((one) => isAt(one, place)));
  if (worst === undefined || !IS_WORTH_MOVING[algorithm](answering, from!, best!)) return null;
  return { from: worst, to, isForced: false };
}

/** Such as `2 to own on home, 1 to rented on cloud: own on home is full (2 of 2)`; null where nothing is added. */
export function addedText({ add, unplaced }: Assignment): string | null {
  const last = add.at(-1);
  if (last === undefined) return unplaced === 0 ? null : `${unplaced} to nowhere`;
  const counts = new Map<string, number>();
  for (const one of add) counts.set(placeText(one), (counts.get(placeText(one)) ?? 0) + 1);
  const shares = [...counts].map(([place, count]) => `${count} to ${place}`);
  const rest = unplaced === 0 ? [] : [`${unplaced} to nowhere`];
  return `${[...shares, ...rest].join(', ')} (${last.why})`;
}

/** Null: a new instance may go there now. */
export function whyNot(partition: PartitionState): string | null {
  const { closed, present, maximum } = partition;
  if (closed !== null) return closed.message;
  if (left(partition) <= 0) return `is full (${present} of ${maximum})`;
  if (roomLeft(partition) <= 0) return 'has no room left';
  return null;
}

function isOpen(partition: PartitionState): boolean {
  return partition.closed === null && left(partition) > 0;
}

/** Its host cluster can be asked to end it, and it is not to be there. */
function isLeaving({ closed, present, maximum }: PartitionState): boolean {
  if (closed?.code === 'drained' || closed?.code === 'outside') return true;
  return closed === null && present > (maximum ?? Number.POSITIVE_INFINITY);
}

function left({ maximum, present }: PartitionState): number {
  return (maximum ?? Number.MAX_SAFE_INTEGER) - present;
}

function roomLeft({ free, hostClusterFree }: PartitionState): number {
  return Math.min(free, hostClusterFree);
}

function withOneMore(partition: PartitionState, at: Placement): PartitionState {
  const { hostCluster, present, free, hostClusterFree } = partition;
  if (hostCluster !== at.hostCluster) return partition;
  const isThere = isAt(partition, at);
  const shared = { ...partition, hostClusterFree: hostClusterFree - 1 };
  return isThere ? { ...shared, present: present + 1, free: free - 1 } : shared;
}

function withOneLess(partition: PartitionState, at: Placement): PartitionState {
  return isAt(partition, at) ? { ...partition, present: partition.present - 1, free: partition.free + 1 } : partition;
}

function isAt({ hostCluster, partition }: Placement, at: Placement | undefined): boolean {
  return hostCluster === at?.hostCluster && partition === at.partition;
}

type IsBetter = (one: PartitionState, best: PartitionState) => boolean;

/** Whether the next one goes to `one`, which comes later in the policy's order, instead. */
const IS_BETTER: Readonly<Record<Algorithm, IsBetter>> = {
  'one-after-another': () => false,
  'round-robin': (one, best) => one.present < best.present,
  'by-room': (one, best) => Math.min(left(one), roomLeft(one)) > Math.min(left(best), roomLeft(best)),
};

/** Whether one more at `to` and one fewer at `from` is nearer to the policy; never where moving it back would be, too. */
const IS_WORTH_MOVING: Readonly<
  Record<Algorithm, (partitions: readonly PartitionState[], from: number, to: number) => boolean>
> = {
  'one-after-another': (_partitions, from, to) => to < from,
  'round-robin': (partitions, from, to) => partitions[to]!.present + 1 < partitions[from]!.present,
  // Room comes and goes with everything else that runs there.
  'by-room': () => false,
};

/** First what is to be elsewhere anyway, then the reverse of the order in which they were filled. */
function takeOrder(count: number, partitions: readonly PartitionState[], algorithm: Algorithm): Placement[] {
  const taken: Placement[] = [];
  let now = partitions;
  for (let index = 0; index < count; index += 1) {
    const holding = now.filter(({ present }) => present > 0);
    const leaving = holding.filter(isLeaving);
    const [first, ...others] = (leaving.length > 0 ? leaving : holding).toReversed();
    if (first === undefined) break;
    let worst = first;
    // Of equals the later one goes, as the earlier one was filled first.
    for (const other of others) if (IS_BETTER[algorithm](worst, other)) worst = other;
    const { hostCluster, partition } = worst;
    taken.push({ hostCluster, partition });
    now = now.map((one) => withOneLess(one, worst));
  }
  return taken;
}

const CHOICE: Readonly<Record<Algorithm, (best: PartitionState) => string>> = {
  'one-after-another': () => 'the first in the declared order that takes it',
  'round-robin': ({ present }) => `the one with the fewest instances (${present})`,
  'by-room': (best) => `the one with the most room (${Math.min(left(best), roomLeft(best))} more)`,
};

function whyThere(
  best: PartitionState,
  partitions: readonly PartitionState[],
  algorithm: Algorithm,
  isCrowded: boolean,
): string {
  const named = partitions.filter(({ closed }) => closed?.code !== 'outside');
  if (named.length === 1) return isCrowded ? 'the only partition, which has no room left' : 'the only partition';
  const passed = algorithm === 'one-after-another' ? named.slice(0, named.indexOf(best)) : named;
  const reasons = passed.flatMap((one) => {
    const why = one === best ? null : whyNot(one);
    return why === null ? [] : [`${placeText(one)} ${why}`];
  });
  const choice = isCrowded ? 'no partition has room left, and it waits there' : CHOICE[algorithm](best);
  return [choice, ...reasons].join('; ');
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
