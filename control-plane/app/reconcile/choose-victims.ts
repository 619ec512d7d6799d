/** Which instances go when fewer are wanted: those that serve least. Pure. */
import type { InstanceState } from '../fleet/instance-state.ts';
import type { LifecycleState } from '../records/instances.ts';

const RANK: Readonly<Record<LifecycleState, number>> = {
  faulty: 0,
  created: 1,
  initialized: 1,
  starting: 2,
  'ready-to-shutdown': 3,
  maintenance: 4,
  active: 5,
  terminated: 6,
};

/** Instances already draining for a stop come first, then the faulty, the not yet ready, and the idlest and newest of the active. */
export function chooseVictims(
  instances: readonly InstanceState[],
  count: number,
  inFlight: (instance: string) => number,
): InstanceState[] {
  const rank = (instance: InstanceState): number =>
    instance.record.draining?.purpose === 'stop' ? -1 : RANK[instance.record.state];
  return [...instances]
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        inFlight(a.record.uid) - inFlight(b.record.uid) ||
        b.record.createdAt - a.record.createdAt ||
        (a.record.uid < b.record.uid ? 1 : -1),
    )
    .slice(0, Math.max(0, count));
}
