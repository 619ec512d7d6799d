/** The condition of a service cluster, from what is in memory of it. */
import type { Condition } from '../../domain/attention/condition.ts';
import type { Decision } from '../../domain/autoscaling/decision.ts';
import { REPORT_INTERVAL_SECONDS, type ClusterState } from '../fleet/cluster-state.ts';
import type { Blocked } from '../fleet/fleet.ts';
import { RETURNED_BY_REQUEST } from '../records/releases.ts';
import type { Counted } from './count.ts';
import type { OverviewEntry } from './entry.ts';

/** As healthy agents, silent load balancers included, never are. */
const STALE_SECONDS = 3 * REPORT_INTERVAL_SECONDS;

/** What is the same for all service clusters in one look. */
export interface Surroundings {
  readonly now: number;
  readonly frozen: boolean;
  /** Names of host clusters that do not answer. */
  readonly silentHosts: ReadonlySet<string>;
  readonly blockedOf: (applicationUid: string) => Blocked | undefined;
  /** Why the Git source of a service cluster cannot be read; null: it can, or it has none. */
  readonly sourceProblemOf: (cluster: ClusterState) => string | null;
}

/** What has been seen of it in the same look. */
interface Seen {
  readonly counted: Counted;
  /** Null: none of now. */
  readonly decision: Decision | null;
  readonly figures: Pick<OverviewEntry, 'factor' | 'sampleAgeSeconds' | 'errorShare' | 'queued'>;
}

export function conditionOf(cluster: ClusterState, surroundings: Surroundings, seen: Seen): Condition {
  const { now, blockedOf, sourceProblemOf } = surroundings;
  const { record, intent } = cluster;
  return {
    ...{ alias: record.alias, now, isLoadBalancer: cluster.isLoadBalancer, override: record.override },
    blocked: blockedOf(record.applicationUid)?.message ?? null,
    ...startsOf(cluster),
    ...instancesOf(surroundings, seen),
    ...decidedOf(cluster, seen),
    ...rolloutOf(cluster),
    waitsSeconds: intent === null ? 0 : Math.max(0, (now - intent.since) / 1000),
    sourceProblem: sourceProblemOf(cluster),
  };
}

function startsOf({ startBackoff, noPlace }: ClusterState): Pick<Condition, 'startFailure' | 'noPlace'> {
  if (startBackoff === null) return { startFailure: null, noPlace };
  const { failures, reason } = startBackoff;
  return { startFailure: { failures, reason }, noPlace };
}

function instancesOf(
  { silentHosts }: Surroundings,
  { counted, figures }: Seen,
): Pick<Condition, 'counts' | 'faultyReason' | 'silentHosts' | 'sampleAgeSeconds' | 'staleSeconds'> {
  const { counts, faultyReason, places, awaitedSeconds } = counted;
  return {
    ...{ counts, faultyReason },
    silentHosts: [...places]
      .filter(([name]) => silentHosts.has(name))
      .map(([name, instances]) => ({ name, instances })),
    // Where no instance serves nobody would report anything.
    sampleAgeSeconds: awaitedSeconds === null ? null : (figures.sampleAgeSeconds ?? Math.floor(awaitedSeconds)),
    staleSeconds: STALE_SECONDS,
  };
}

function decidedOf(
  { lastDecision }: ClusterState,
  { decision, figures }: Seen,
): Pick<Condition, 'silenced' | 'clamps' | 'saturated' | 'queued' | 'errorShare'> {
  const { factor, queued, errorShare } = figures;
  return {
    silenced: decision !== null && lastDecision?.input?.silenced === true,
    clamps: decision?.clamps ?? [],
    saturated: factor?.saturated ?? false,
    ...{ queued, errorShare },
  };
}

function rolloutOf({ rollout, lastRollout, candidate }: ClusterState): Pick<Condition, 'rollout' | 'returned'> {
  const state = underWay(rollout);
  const isOwn = lastRollout?.state === 'returned' && lastRollout.reason?.code !== RETURNED_BY_REQUEST;
  return {
    rollout: state === null ? null : { state, to: candidate?.number ?? null, reason: rollout?.reason?.message ?? null },
    returned: isOwn ? { at: lastRollout.finishedAt ?? 0, reason: lastRollout.reason?.message ?? null } : null,
  };
}

export function underWay(rollout: ClusterState['rollout']): 'running' | 'returning' | null {
  return rollout?.state === 'running' || rollout?.state === 'returning' ? rollout.state : null;
}
