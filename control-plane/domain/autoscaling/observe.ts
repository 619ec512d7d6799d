/** From the windows of a service cluster to the input of one decision. */
import type { ClusterWindows } from '../forecasting/windows.ts';
import { horizonSeconds } from '../forecasting/horizon.ts';
import { baseOf } from './base.ts';
import type { DecisionInput, FactorInput } from './decision.ts';
import type { Learnt } from './learnt.ts';
import type { DecisionMemory } from './memory.ts';
import type { EffectivePolicy } from './policy-defaults.ts';

/** What the windows do not know. */
export type Situation = Pick<
  DecisionInput,
  'now' | 'key' | 'wanted' | 'instances' | 'override' | 'paused' | 'stopped' | 'frozen' | 'silenced' | 'quota' | 'room'
> & {
  /** Shadow mode asked for at the service cluster; the policy can ask for it, too. */
  readonly shadow: boolean;
  /** Durations of the last successful starts, newest last. */
  readonly startSeconds: readonly number[];
  /** The cartridge's `startSeconds`. */
  readonly declaredStartSeconds: number;
  /** How often agents report at least, in seconds. */
  readonly reportIntervalSeconds: number;
};

/** Silence is looked at as such after this long, or three report intervals. */
const LEAST_STALE_SECONDS = 10;

/** All that one decision depends on; the memory is the one that {@link remember} returned after the last decision. */
export function observe(
  windows: ClusterWindows,
  effective: EffectivePolicy,
  situation: Situation,
  memory: DecisionMemory,
  learnt: Learnt,
): DecisionInput {
  const { startSeconds, declaredStartSeconds, reportIntervalSeconds, ...rest } = situation;
  const { now } = situation;
  const { policy } = effective;
  const flow = windows.flow(now);
  return {
    ...rest,
    policy,
    factors: effective.factors.map(({ name, target, base }): FactorInput => {
      const scores = learnt.scores(name);
      return {
        name,
        target,
        base: baseOf(base, learnt.bases.get(name)),
        ...windows.read(name, now, policy.windowSeconds, target),
        ...(scores === undefined ? {} : { scores }),
      };
    }),
    horizonSeconds: horizonSeconds({
      policySeconds: effective.horizonSeconds,
      startSeconds,
      declaredSeconds: declaredStartSeconds,
      windowSeconds: policy.windowSeconds,
    }),
    shadow: situation.shadow || effective.shadow,
    freshnessSeconds: windows.freshnessSeconds(now),
    staleSeconds: Math.max(LEAST_STALE_SECONDS, 3 * reportIntervalSeconds),
    windowsFull: windows.isFull(now, policy.windowSeconds),
    throughput: flow?.answered ?? null,
    arrivals: flow?.arrivals ?? null,
    serviceSeconds: windows.serviceSeconds,
    errorShare: windows.errorShare(now),
    queued: windows.queued(now),
    ...(policy.idleSeconds === undefined ? {} : { idleSeconds: windows.idleSeconds(now) }),
    recentProposals: memory.recentProposals,
    proposalsSince: memory.proposalsSince,
    history: memory.history,
  };
}
