/** The last minutes of a service cluster's main factor, in few points: what a line of the overview begins with. */
import type { HistoryRecorder } from '../history/recorder.ts';
import { RECENT_SECONDS } from '../history/recorder.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { OverviewFactor } from './entry.ts';

const POINTS = 60;
const STEP_SECONDS = RECENT_SECONDS / POINTS;

export interface RecentDemand {
  /** Uid of the service cluster. */
  readonly uid: string;
  /** Name of the factor. */
  readonly factor: string;
  /** When the first step begins, in milliseconds since the epoch. */
  readonly from: number;
  readonly stepSeconds: number;
  /** Mean of each step in the factor's unit, oldest first, without what does not divide; null where nothing is known. */
  readonly observed: readonly (number | null)[];
  /** What the instances that were active carried together at the present target. */
  readonly capacity: readonly (number | null)[];
}

/** Null where nothing is recorded yet. Nothing is asked of the store. */
export function recentDemand(
  recorder: Pick<HistoryRecorder, 'recent'>,
  cluster: ClusterState,
  { name, target }: Pick<OverviewFactor, 'name' | 'target'>,
): RecentDemand | null {
  const observed = recorder.recent(cluster, name, RECENT_SECONDS);
  const active = recorder.recent(cluster, 'instances.active', RECENT_SECONDS);
  if (observed === undefined || active === undefined) return null;
  const base = cluster.lastDecision?.decision.proposals.find(({ factor }) => factor === name)?.base ?? 0;
  const divided = observed.values.map((value, second) => {
    const taken = base === 0 ? 0 : base * (active.values[second] ?? 0);
    return Number.isNaN(value) || Number.isNaN(taken) ? value : Math.max(0, value - taken);
  });
  return {
    ...{ uid: cluster.record.uid, factor: name, from: observed.from * 1000, stepSeconds: STEP_SECONDS },
    observed: meansOf(divided),
    capacity: meansOf(active.values.map((instances) => instances * Math.max(0, target - base))),
  };
}

/** Of each step; null where nothing is known of it. */
function meansOf(seconds: Float32Array): (number | null)[] {
  return Array.from({ length: POINTS }, (_, point) => {
    let [sum, known] = [0, 0];
    for (const value of seconds.subarray(point * STEP_SECONDS, (point + 1) * STEP_SECONDS)) {
      if (Number.isNaN(value)) continue;
      sum += value;
      known += 1;
    }
    return known === 0 ? null : Number((sum / known).toPrecision(3));
  });
}
