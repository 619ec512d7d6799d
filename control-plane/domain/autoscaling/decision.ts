/**
 * The shape of a decision: one evaluation of the autoscaler with all that led to it.
 *
 * Plain data throughout (JSON round-trips to the bit), so that a stored decision can be computed again from its inputs.
 */
import type { ForecastScores } from '../forecasting/combination.ts';

/** What one second of a window holds: the total over all instances. NaN never occurs; a second without data is absent. */
export interface WindowSecond {
  /** Whole seconds of the control plane's clock. */
  readonly second: number;
  /** Total demand over instances, in the factor's unit. */
  readonly total: number;
  /** Middle of what was observed of it, in seconds; absent: the middle of the second. */
  readonly at?: number;
  /** Something queued or was shed in this second: the observed value understates the demand. */
  readonly saturated?: boolean;
  /** Active, warmed-up instances in this second, for gauges; what a base is multiplied by. */
  readonly instances?: number;
}

/**
 * The forecast of one factor's total demand, the instances' bases taken off. All per-second figures are in units of the factor; slope and
 * acceleration are those of the scaling equation over the whole window.
 */
export interface Forecast {
  /** Demand now. */
  readonly level: number;
  /** First derivative u, per second. */
  readonly slope: number;
  readonly slopeStandardError: number;
  /** Second derivative a, per second squared; 0 while it is not significant. */
  readonly acceleration: number;
  readonly accelerationStandardError: number;
  readonly accelerationSignificant: boolean;
  readonly horizonSeconds: number;
  /** What the forecasters say together, each by its weight; never negative, never above three times the window's maximum. */
  readonly predicted: number;
  /** One standard error of `predicted`: as measured, or of the scaling equation's fit before anything could be. */
  readonly error: number;
  readonly forecasters: readonly MemberForecast[];
}

/** What one forecaster says, and how far it is heard. */
export interface MemberForecast {
  /** Registered name, e.g. `kinematic`. */
  readonly name: string;
  readonly predicted: number;
  /** Its mean pinball loss lately, in the factor's unit; null: too few of its forecasts have come due. */
  readonly loss: number | null;
  /** Its part in the forecast, 0 to 1. */
  readonly weight: number;
}

export interface FactorInput {
  readonly name: string;
  readonly target: number;
  /** Part of an instance's value that does not divide among instances. */
  readonly base: number;
  readonly window: readonly WindowSecond[];
  /** How well past forecasts did; absent: too few have come due. */
  readonly scores?: ForecastScores;
  /** Read for shrinking, with silent instances at their target; absent when no instance was silent in the window. */
  readonly shrinkWindow?: readonly WindowSecond[];
}

export interface PolicyInput {
  /** How long nothing must have been asked before the last instance goes; absent: scale-down alone decides. */
  readonly idleSeconds?: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly windowSeconds: number;
  /** Absent: what {@link Factor.tolerance} says. */
  readonly tolerance?: number;
  readonly scaleUp: {
    readonly maximumInstances: number;
    readonly maximumFactor: number;
    readonly periodSeconds: number;
  };
  readonly scaleDown: {
    readonly maximumInstances: number;
    readonly periodSeconds: number;
    /** Absent: some times the horizon, which is what a new instance would need. */
    readonly regretSeconds?: number;
  };
}

/** A manual override: `pin` fixes the number, `floor` sets a lower bound, until `expiresAt` (milliseconds since the epoch). */
interface OverrideInput {
  readonly kind: 'pin' | 'floor';
  readonly instances: number;
  readonly reason: string;
  readonly expiresAt: number;
}

/** Autoscaling is frozen on the whole platform: by whom, and why. */
export interface FreezeInput {
  readonly by: string;
  readonly reason: string;
}

/** People stopped the service cluster: who, and why. */
export interface StopInput {
  readonly by: string;
  readonly reason: string;
}

/** Everything a decision depends on. Nothing else is read: not a clock, not a store. */
export interface DecisionInput {
  readonly now: number;
  readonly key: string;
  readonly policy: PolicyInput;
  readonly factors: readonly FactorInput[];
  readonly horizonSeconds: number;
  /** Instances wanted by the last decision that was acted on. */
  readonly wanted: number;
  readonly instances: {
    readonly active: number;
    readonly starting: number;
    readonly failedStarting: number;
    readonly unreachable: number;
  };
  /** Age of the newest sample of any factor, in seconds; null when there never was one. */
  readonly freshnessSeconds: number | null;
  /** Data older than this is stale: above the longest interval between reports of a healthy agent. */
  readonly staleSeconds: number;
  /** The windows hold the policy's full length since the control plane started. */
  readonly windowsFull: boolean;
  /** Recent changes of `wanted` that were acted on, oldest first. */
  readonly history: readonly {
    readonly at: number;
    readonly from: number;
    readonly to: number;
    readonly throughput: number | null;
    /** Requests waited for an instance or failed when it was acted on. */
    readonly inTrouble?: boolean;
    /** Mean of a gauge per instance when it was acted on, by factor: what the change is measured by afterwards. */
    readonly perInstance?: Readonly<Record<string, number>>;
  }[];
  /**
   * What past evaluations of the regret interval recommended, newest last. An entry that a later, larger one hides is left
   * out: only the maximum of any last part of the interval is ever asked for.
   */
  readonly recentProposals: readonly { readonly at: number; readonly instances: number }[];
  /** Since when every evaluation is in `recentProposals`, in milliseconds since the epoch; null before the first. */
  readonly proposalsSince: number | null;
  /** Requests per second that were answered without an error, a mean over the last seconds; null when no balancer reports. */
  readonly throughput: number | null;
  /** Requests per second that came in the same seconds. */
  readonly arrivals?: number | null;
  /** Seconds that a request takes when nothing waits; null before any was answered. */
  readonly serviceSeconds?: number | null;
  /** Share of completions with status 5xx or failed in the last seconds, 0–1; null when no balancer reports. */
  readonly errorShare: number | null;
  /** Requests queued at load balancers now (activation from zero). */
  readonly queued: number;
  /** Seconds in which load balancers saw no request at all; null: none has reported. Given only where the policy asks for it. */
  readonly idleSeconds?: number | null;
  readonly override: OverrideInput | null;
  readonly paused: boolean;
  /** No instance is wanted, whatever is asked of it; absent: it is not stopped. */
  readonly stopped?: StopInput;
  readonly shadow: boolean;
  /** Only what people ask for by a manual number is acted on; null: not frozen. */
  readonly frozen: FreezeInput | null;
  /** Many instances fell silent at once: the platform's fault, hold. */
  readonly silenced: boolean;
  /** Instances that the tenant's quota still allows this service cluster in all. */
  readonly quota: number;
  /** Instances that the partitions have room for in all. */
  readonly room: number;
}

export interface FactorProposal {
  readonly factor: string;
  readonly target: number;
  readonly base: number;
  readonly forecast: Forecast | null;
  readonly saturated: boolean;
  /** Null: this factor takes no part in this decision, for the reason given. */
  readonly instances: number | null;
  /** The same before rounding up: how many instances' worth of demand at target is predicted. */
  readonly needed: number | null;
  readonly reason: string;
}

/** Registered reason codes; a string, so that more can come. */
export type ClampCode =
  | 'activation'
  | 'no-fresh-data'
  | 'windows-not-full'
  | 'silenced'
  | 'tolerance'
  | 'regret'
  | 'idle'
  | 'rate-up'
  | 'rate-down'
  | 'errors-high'
  | 'no-gain'
  | 'minimum'
  | 'maximum'
  | 'quota'
  | 'room'
  | 'pin'
  | 'floor'
  | 'stopped'
  | 'paused'
  | 'shadow'
  | 'frozen';

/** One step that changed the number, or kept it from being acted on, in the order in which it was applied. */
export interface Clamp {
  readonly code: ClampCode;
  readonly from: number;
  readonly to: number;
  readonly detail: string;
}

export interface Decision {
  readonly at: number;
  readonly key: string;
  /** Version of the decider's code; a stored decision is computed again by the same version. */
  readonly deciderVersion: number;
  readonly from: number;
  /** The largest proposal after tolerance, before every other clamp: what regret remembers. */
  readonly recommended: number;
  /** What the number should be after all clamps. In shadow and pause it is recorded and not acted on. */
  readonly to: number;
  /** What will be acted on: equals `from` when nothing is done. */
  readonly acted: number;
  readonly outcome: 'scale-up' | 'scale-down' | 'hold';
  /** Code of what settled it: the binding factor's name for an action, the clamp's code or `steady` for none. */
  readonly reasonCode: string;
  readonly proposals: readonly FactorProposal[];
  /** The binding factor: the one with the largest proposal. */
  readonly factor: string | null;
  readonly clamps: readonly Clamp[];
}
