/** What the overview says of a service cluster now, from what is in memory: nothing is asked of anybody. */
import { isDeepStrictEqual } from 'node:util';
import { attentionOf } from '../../domain/attention/attention.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import { conditionOf, underWay, type Surroundings } from './condition.ts';
import { count } from './count.ts';
import type { OverviewDecision, OverviewEntry, OverviewRollout } from './entry.ts';
import { figuresOf } from './figures.ts';
import { stateOf } from './state.ts';

/** What was decided longer ago says nothing of now: of a service cluster that is blocked nothing is decided. */
const DECISION_AGE_MILLISECONDS = 10_000;
/** `shown` itself, where there is nothing else to say now. */
export function observeEntry(
  cluster: ClusterState,
  surroundings: Surroundings,
  shown: OverviewEntry | undefined,
): OverviewEntry {
  const { record, lastDecision } = cluster;
  const { now, frozen } = surroundings;
  const counted = count(cluster, now);
  const isOfNow = lastDecision !== null && now - lastDecision.lastAt <= DECISION_AGE_MILLISECONDS;
  const decision = isOfNow ? lastDecision.decision : null;
  const figures = figuresOf(cluster, { decision, active: counted.counts.active, now }, shown);
  const { policy, shadow } = cluster.plan.effective;
  const entry: OverviewEntry = {
    ...{ uid: record.uid, tenant: record.tenant, applicationName: record.application, alias: record.alias },
    ...{ applicationUid: record.applicationUid, cartridge: record.cartridge, generation: record.generation },
    category: cluster.plan.spec.category,
    state: stateOf({
      isDeleting: record.deletingSince !== null,
      isBlocked: surroundings.blockedOf(record.applicationUid) !== undefined,
      isStopped: record.stopped !== null,
      hasRelease: cluster.stable !== null || cluster.candidate !== null,
      rollout: underWay(cluster.rollout),
      counts: counted.counts,
    }),
    release: cluster.stable?.number ?? null,
    counts: counted.counts,
    ...{ minimum: policy.minimum, maximum: policy.maximum },
    ...{
      stopped: record.stopped,
      paused: record.paused,
      shadow: record.shadow || shadow,
      frozen,
      override: record.override,
    },
    ...figures,
    rollout: rolloutOf(cluster),
    lastDecision: decisionOf(lastDecision),
    attention: attentionOf(conditionOf(cluster, surroundings, { counted, decision, figures })),
    instances: null,
  };
  return shown !== undefined && isSame(shown, entry) ? shown : entry;
}

/** The sentence of a run names figures that jitter: a new one alone is nothing to tell. */
function isSame(shown: OverviewEntry, entry: OverviewEntry): boolean {
  const sentence = shown.lastDecision?.sentence ?? '';
  return isDeepStrictEqual(shown, {
    ...entry,
    lastDecision: entry.lastDecision === null ? null : { ...entry.lastDecision, sentence },
  });
}

function rolloutOf({ rollout, stable, candidate }: ClusterState): OverviewRollout | null {
  if (rollout === null) return null;
  const numberOf = (uid: string | null): number | null =>
    [stable, candidate].find((release) => release?.uid === uid)?.number ?? null;
  const { uid, state, createdAt, from, to, instances, reason } = rollout;
  return { uid, state, createdAt, from: numberOf(from), to: numberOf(to), instances: instances.length, reason };
}

function decisionOf(record: DecisionRecord | null): OverviewDecision | null {
  if (record === null) return null;
  const { uid, at, acted, reasonCode, from, to, sentence } = record;
  return { uid, at, acted, reasonCode, from, to, sentence };
}
