/** A service cluster's condition in one word. Pure. */
import type { Counts } from '../../domain/attention/condition.ts';

export type OverviewState =
  | 'deleting'
  | 'blocked'
  | 'stopped'
  | 'waiting-for-release'
  | 'rolling-out'
  | 'returning'
  | 'at-zero'
  | 'starting'
  | 'scaling-up'
  | 'scaling-down'
  | 'running';

interface Situation {
  readonly isDeleting: boolean;
  readonly isBlocked: boolean;
  readonly isStopped: boolean;
  readonly hasRelease: boolean;
  readonly rollout: 'running' | 'returning' | null;
  readonly counts: Counts;
}

/** The first of these that is so. */
export function stateOf({ isDeleting, isBlocked, isStopped, hasRelease, rollout, counts }: Situation): OverviewState {
  if (isDeleting) return 'deleting';
  if (isBlocked) return 'blocked';
  if (isStopped) return 'stopped';
  if (!hasRelease) return 'waiting-for-release';
  if (rollout === 'returning') return 'returning';
  if (rollout === 'running') return 'rolling-out';
  return sizeOf(counts);
}

function sizeOf({ wanted, active, leaving }: Counts): OverviewState {
  if (wanted === 0) return active + leaving === 0 ? 'at-zero' : 'scaling-down';
  if (active === 0) return 'starting';
  if (active < wanted) return 'scaling-up';
  return active > wanted || leaving > 0 ? 'scaling-down' : 'running';
}
