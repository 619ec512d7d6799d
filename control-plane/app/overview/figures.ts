/** What the overview says in figures of a service cluster: as they are now, but for what only jitters. */
import type { Decision, FactorProposal } from '../../domain/autoscaling/decision.ts';
import { factorOf } from '../../domain/autoscaling/factors.ts';
import { coarseAge, steady } from '../../domain/attention/steady.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { OverviewEntry, OverviewFactor } from './entry.ts';

/** Of what there is room for, and of what is asked for: less is not seen in a chart. */
const SHARE_OF_CAPACITY = 0.01;
const SHARE_OF_VALUE = 0.03;
const LEAST_PER_SECOND = 0.1;
const LEAST_QUEUED = 0.5;
const LEAST_ERROR_SHARE = 0.01;

type Figures = Pick<
  OverviewEntry,
  'factor' | 'horizonSeconds' | 'throughputPerSecond' | 'errorShare' | 'queued' | 'sampleAgeSeconds'
>;

/**
 * @param decision the last one; null: none of now
 * @param active instances that serve
 * @param shown what is shown already
 */
export function figuresOf(
  cluster: ClusterState,
  { decision, active, now }: { readonly decision: Decision | null; readonly active: number; readonly now: number },
  shown: Figures | undefined,
): Figures {
  const { windows } = cluster;
  const throughput = windows.throughput(now);
  const queued = windows.queued(now);
  const age = windows.freshnessSeconds(now);
  const tolerance = (least: number, value: number): number => Math.max(least, SHARE_OF_VALUE * value);
  return {
    factor: factorNow(cluster, decision, active, shown?.factor ?? null),
    horizonSeconds: steady(shown?.horizonSeconds, cluster.lastDecision?.input?.horizonSeconds ?? 0, 0.5) ?? 0,
    throughputPerSecond: steady(shown?.throughputPerSecond, throughput, tolerance(LEAST_PER_SECOND, throughput ?? 0)),
    errorShare: steady(shown?.errorShare, windows.errorShare(now), LEAST_ERROR_SHARE),
    queued: steady(shown?.queued, queued, tolerance(LEAST_QUEUED, queued)) ?? 0,
    sampleAgeSeconds: age === null ? null : coarseAge(age),
  };
}

/** The binding one; before anything is decided, the first of the policy. */
function factorNow(
  { plan }: ClusterState,
  decision: Decision | null,
  active: number,
  before: OverviewFactor | null,
): OverviewFactor | null {
  const proposals = decision?.proposals ?? [];
  const proposal =
    proposals.find(({ factor }) => factor === decision?.factor) ??
    proposals.find(({ forecast }) => forecast !== null) ??
    proposals[0];
  const [first] = plan.effective.factors;
  const name = proposal?.factor ?? first?.name;
  const target = proposal?.target ?? first?.target;
  if (name === undefined || target === undefined) return null;
  return shaped(name, target, proposal, active, before?.name === name ? before : null);
}

function shaped(
  name: string,
  target: number,
  proposal: FactorProposal | undefined,
  active: number,
  shown: OverviewFactor | null,
): OverviewFactor {
  const { phrase = name, unit = '' } = factorOf(name) ?? {};
  const { base = 0, forecast = null, saturated = false } = proposal ?? {};
  const capacity = active * Math.max(0, target - base);
  const tolerance = SHARE_OF_CAPACITY * Math.max(capacity, target);
  return {
    ...{ name, phrase, unit: unit.trim(), target, saturated },
    observed: demand(shown?.observed, forecast?.level, tolerance),
    predicted: demand(shown?.predicted, forecast?.predicted, tolerance),
    capacity: steady(shown?.capacity, capacity, tolerance) ?? 0,
  };
}

function demand(shown: number | null | undefined, value: number | undefined, tolerance: number): number | null {
  return steady(shown, value ?? null, Math.max(tolerance, SHARE_OF_VALUE * (value ?? 0)));
}
