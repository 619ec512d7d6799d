/** The scalers by name, each made anew for a run. */
import type { EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import type { Load } from './run.ts';
import { PART_NAMES, type Part } from './scalers/ablation.ts';
import { Cartwright } from './scalers/cartwright.ts';
import { fixed } from './scalers/fixed.ts';
import { Hpa } from './scalers/hpa.ts';
import { Kpa } from './scalers/kpa.ts';
import { oracle } from './scalers/oracle.ts';
import type { Scenario } from './scenario.ts';
import type { Scaler } from './scalers/scaler.ts';
import type { Trace } from './trace.ts';
import { longestStart, type ServiceModel, type StartModel } from './workload.ts';

export const WHOLE_SCALERS = ['cartwright', 'hpa', 'kpa', 'fixed', 'oracle'] as const;
/** The decider of production without a part of it. */
type AblationName = `cartwright-without-${Part}`;
export type ScalerName = (typeof WHOLE_SCALERS)[number] | AblationName;
const ABLATIONS: ReadonlyMap<ScalerName, Part> = new Map(
  PART_NAMES.map((part) => [`cartwright-without-${part}` as const, part]),
);
export const SCALERS: readonly ScalerName[] = [...WHOLE_SCALERS, ...ABLATIONS.keys()];

export interface Contest extends Load {
  /** Of several that share a quota, an equal part of it for each; null: it is alone. */
  readonly share: number | null;
  readonly service: ServiceModel;
  readonly start: StartModel;
  readonly scenario: Scenario;
  readonly policy: EffectivePolicy;
}

/** What a scaler is adjusted by. */
export interface Adjustment {
  /** Requests in flight that a replica shall carry. Of `fixed`: that the one number is for, at the mean rate of the trace. */
  readonly target: number;
}

/** @param adjustment null: its own default; `fixed` then has what the highest rate requires */
export function scalerOf(name: ScalerName, contest: Contest, adjustment: Adjustment | null): Scaler {
  const { trace, required, service, start, policy } = contest;
  const { minimum, maximum } = policy.policy;
  const target = adjustment?.target ?? nominalTarget(policy);
  const initial = required[0]!;
  switch (name) {
    case 'hpa':
      return new Hpa({ minimum, maximum, target, initial });
    case 'kpa':
      return new Kpa({ minimum, maximum, target, initial });
    case 'fixed':
      if (contest.share !== null) return fixed(contest.share);
      return fixed(adjustment === null ? largest(required) : numberFor(trace, service, target));
    case 'oracle':
      return oracle(required, longestStart(start));
    default:
      return new Cartwright({
        policy: withTarget(policy, target),
        initial,
        declaredStartSeconds: start.seconds,
        declaredWarmUpSeconds: contest.scenario.startCostSeconds,
        without: ABLATIONS.get(name) ?? null,
      });
  }
}

/** Of the policy's requests in flight; there must be that factor. */
export function nominalTarget({ factors }: EffectivePolicy): number {
  return factors.find(({ name }) => name === 'requestsInFlight')!.target;
}

function withTarget(policy: EffectivePolicy, target: number): EffectivePolicy {
  return {
    ...policy,
    factors: policy.factors.map((one) => (one.name === 'requestsInFlight' ? { ...one, target } : one)),
  };
}

function numberFor({ rates }: Trace, { meanSeconds }: ServiceModel, target: number): number {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return Math.max(1, Math.round((mean * meanSeconds) / target));
}

function largest(values: Int32Array): number {
  return values.reduce((most, value) => Math.max(most, value), 1);
}
