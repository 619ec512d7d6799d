/** How many instances of a service cluster are in which part of their life. One pass over them, made each second. */
import type { Counts } from '../../domain/attention/condition.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';

const ON_THEIR_WAY: ReadonlySet<string> = new Set(['created', 'initialized', 'starting', 'maintenance']);

export interface Counted {
  readonly counts: Counts;
  /** What one of the faulty ones says; null: none is, or none says. */
  readonly faultyReason: string | null;
  /** By host cluster. */
  readonly places: ReadonlyMap<string, number>;
  /** How long the active ones have been waited for, in seconds; null: there is none. */
  readonly awaitedSeconds: number | null;
}

export function count({ instances, record }: ClusterState, now: number): Counted {
  let [active, starting, leaving, faulty, unreachable] = [0, 0, 0, 0, 0];
  let faultyReason: string | null = null;
  let awaitedSince: number | null = null;
  const places = new Map<string, number>();
  for (const instance of instances.values()) {
    if (!instance.isLive) continue;
    const { state, reason, placement } = instance.record;
    if (instance.record.unreachable) unreachable += 1;
    if (isLeaving(instance)) leaving += 1;
    else if (state === 'active') {
      active += 1;
      awaitedSince = Math.min(awaitedSince ?? instance.awaitedSince, instance.awaitedSince);
    } else if (ON_THEIR_WAY.has(state)) starting += 1;
    if (state === 'faulty') {
      faulty += 1;
      faultyReason ??= reason?.message ?? null;
    }
    if (placement !== null) places.set(placement.hostCluster, (places.get(placement.hostCluster) ?? 0) + 1);
  }
  return {
    counts: { wanted: record.wanted, active, starting, leaving, faulty, unreachable },
    faultyReason,
    places,
    awaitedSeconds: awaitedSince === null ? null : Math.max(0, (now - awaitedSince) / 1000),
  };
}

function isLeaving({ record }: InstanceState): boolean {
  return record.state === 'ready-to-shutdown' || record.draining !== null;
}
