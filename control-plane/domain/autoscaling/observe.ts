/** From the windows of a service cluster to the input of one decision. */
import type { ClusterWindows } from '../forecasting/windows.ts';
import { horizonSeconds } from '../forecasting/horizon.ts';
import { baseOf, learnBase, type BaseEstimate } from './base.ts';
import type { DecisionInput, FactorInput } from './decision.ts';
import { factorOf } from './factors.ts';
import type { DecisionMemory } from './memory.ts';
import { perInstance } from './one-by-one.ts';
import type { EffectivePolicy } from './policy-defaults.ts';

/** Learnt bases by factor; kept from cycle to cycle by the caller. */
export type Bases = ReadonlyMap<string, BaseEstimate>;

/** What the windows do not know. */
export type Situation = Pick<
  DecisionInput,
  'now' | 'key' | 'wanted' | 'instances' | 'override' | 'paused' | 'frozen' | 'silenced' | 'quota' | 'room'
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
  bases: Bases,
): DecisionInput {
  const { startSeconds, declaredStartSeconds, reportIntervalSeconds, ...rest } = situation;
  const { now } = situation;
  const { policy } = effective;
  return {
    ...rest,
    policy,
    factors: effective.factors.map(({ name, target, base }): FactorInput => ({
      name,
      target,
      base: baseOf(base, bases.get(name)),
      ...windows.read(name, now, policy.windowSeconds, target),
    })),
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
    throughput: windows.throughput(now),
    errorShare: windows.errorShare(now),
    queued: windows.queued(now),
    ...(policy.idleSeconds === undefined ? {} : { idleSeconds: windows.idleSeconds(now) }),
    recentProposals: memory.recentProposals,
    proposalsSince: memory.proposalsSince,
    history: memory.history,
  };
}

/** The bases after this observation: what each gauge is while nothing is asked of the service cluster. */
export function learnBases(bases: Bases, windows: ClusterWindows, input: DecisionInput): Bases {
  const arrivals = windows.read('requestsPerSecond', input.now, 3, 0).window.at(-1);
  const inFlight = windows.read('requestsInFlight', input.now, 3, 0).window.at(-1);
  if (arrivals?.total !== 0) return bases;
  const learnt = new Map(bases);
  for (const { name, window } of input.factors) {
    if (factorOf(name)?.source !== 'gauge') continue;
    const value = perInstance(window);
    if (value === undefined) continue;
    const estimate = learnBase(bases.get(name), {
      at: input.now,
      perInstance: value,
      arrivalsPerSecond: arrivals.total,
      inFlight: inFlight?.total ?? null,
    });
    if (estimate !== undefined) learnt.set(name, estimate);
  }
  return learnt;
}
