/**
 * The clamps: what stands between what the factors ask for and what is done. Each is a small pure function that returns the
 * number that it allows and why, or nothing when it has no objection. Their order is {@link CLAMPS}; each one that changed
 * something is recorded.
 */
import type { Clamp, ClampCode, DecisionInput, FactorProposal, StopInput } from './decision.ts';
import { factorOf } from './factors.ts';
import { formatCount, formatNumber } from './format.ts';
import { gainLimit } from './no-gain.ts';
import { regretSeconds } from './regret.ts';
import { ageSeconds, wholeInstances } from './proposal.ts';

export interface ClampContext {
  readonly input: DecisionInput;
  readonly proposals: readonly FactorProposal[];
  /** The factor with the largest proposal; `undefined` when none takes part. */
  readonly binding: FactorProposal | undefined;
}

interface Allowed {
  readonly to: number;
  readonly detail: string;
}
type ClampFunction = (context: ClampContext, to: number) => Allowed | undefined;

/** Errors from this share on mean that instances may look idle because they fail fast. */
const ERROR_SHARE = 0.05;

/** 0 → 1: one queued request wants an instance at once, without a window. */
const activation: ClampFunction = ({ input }, to) =>
  input.wanted === 0 && input.queued > 0 && to < 1
    ? { to: 1, detail: `${formatCount(input.queued, 'request')} queued and no instance wanted` }
    : undefined;

/** Many fell silent at once: that is the platform's fault, not theirs. */
const silenced: ClampFunction = ({ input }, to) =>
  input.silenced && to !== input.wanted
    ? { to: input.wanted, detail: 'many instances fell silent at once' }
    : undefined;

/** What nobody reports cannot have become less. Silence at zero instances is zero, not stale. */
const noFreshData: ClampFunction = ({ input, proposals }, to) => {
  if (to >= input.wanted) return undefined;
  const { freshnessSeconds, staleSeconds } = input;
  if (freshnessSeconds === null) return { to: input.wanted, detail: 'no sample has come yet' };
  if (freshnessSeconds > staleSeconds)
    return { to: input.wanted, detail: `the newest sample is ${formatNumber(freshnessSeconds)} s old` };
  const stale = input.factors.find((factor) => ageSeconds(input, factor) > staleSeconds);
  if (stale !== undefined)
    return {
      to: input.wanted,
      detail: `${stale.name} was last reported ${formatNumber(ageSeconds(input, stale))} s ago`,
    };
  return proposals.some(({ instances }) => instances !== null)
    ? undefined
    : { to: input.wanted, detail: 'no factor has data' };
};

/** After a restart nobody remembers the load before; it takes one window to know it again. */
const windowsNotFull: ClampFunction = ({ input }, to) =>
  to < input.wanted && !input.windowsFull
    ? { to: input.wanted, detail: `less than ${formatNumber(input.policy.windowSeconds)} s of demand are known` }
    : undefined;

/** Small differences are not acted on: growing needs more than the tolerance, and what is left after shrinking must have it to spare. */
const tolerance: ClampFunction = ({ input, binding }, to) => {
  const { wanted, policy } = input;
  const needed = binding?.needed;
  const tolerated = policy.tolerance ?? factorOf(binding?.factor ?? '')?.tolerance ?? 0;
  if (needed === undefined || needed === null || wanted === 0 || to === wanted || tolerated === 0) return undefined;
  const detail = `${formatNumber(needed)} instances' worth of demand, within ${formatNumber(tolerated * 100)} %`;
  if (to > wanted) return needed <= wanted * (1 + tolerated) ? { to: wanted, detail } : undefined;
  const spare = Math.min(wanted, wholeInstances(needed / (1 - Math.min(tolerated, 0.99))));
  return spare > to ? { to: spare, detail } : undefined;
};

/** Nothing goes that was wanted a moment ago: as many stay as any evaluation of the regret interval recommended. */
const regret: ClampFunction = ({ input }, to) => {
  const { wanted, now, recentProposals, proposalsSince } = input;
  const seconds = regretSeconds(input);
  if (to >= wanted || seconds <= 0) return undefined;
  const since = now - seconds * 1000;
  if (proposalsSince === null || proposalsSince > since)
    return { to: wanted, detail: `decisions of less than ${formatNumber(seconds)} s are known` };
  let most = to;
  for (const { at, instances } of recentProposals) if (at >= since && instances > most) most = instances;
  return most > to
    ? {
        to: Math.min(wanted, most),
        detail: `${formatCount(most, 'instance')} wanted within the last ${formatNumber(seconds)} s`,
      }
    : undefined;
};

/** The last instance stays until nothing was asked of it for as long as the policy says. */
const idle: ClampFunction = ({ input }, to) => {
  const patience = input.policy.idleSeconds;
  if (patience === undefined || to > 0 || input.wanted === 0) return undefined;
  const since = input.idleSeconds ?? null;
  if (since === null) return { to: 1, detail: 'no load balancer has said yet that nothing is asked' };
  return since < patience
    ? { to: 1, detail: `idle for ${formatNumber(since)} s of ${formatNumber(patience)} s` }
    : undefined;
};

const rateUp: ClampFunction = ({ input }, to) => {
  if (to <= input.wanted) return undefined;
  const { maximumFactor, maximumInstances, periodSeconds } = input.policy.scaleUp;
  const before = wantedBefore(input, periodSeconds);
  const limit = Math.max(input.wanted, Math.ceil(before * maximumFactor), before + maximumInstances);
  return to > limit
    ? { to: limit, detail: `at most ${limit} within ${formatNumber(periodSeconds)} s from ${before}` }
    : undefined;
};

const rateDown: ClampFunction = ({ input }, to) => {
  if (to >= input.wanted) return undefined;
  const { maximumInstances, periodSeconds } = input.policy.scaleDown;
  const before = wantedBefore(input, periodSeconds);
  const limit = Math.min(input.wanted, before - maximumInstances);
  return to < limit
    ? { to: limit, detail: `at least ${limit} within ${formatNumber(periodSeconds)} s from ${before}` }
    : undefined;
};

/** Instances that answer with errors at once look idle. */
const errorsHigh: ClampFunction = ({ input }, to) =>
  to < input.wanted && input.errorShare !== null && input.errorShare >= ERROR_SHARE
    ? { to: input.wanted, detail: `${formatNumber(input.errorShare * 100)} % of requests fail` }
    : undefined;

/** Growth that answered no request more: the bottleneck is elsewhere. */
const noGain: ClampFunction = ({ input, binding }, to) => {
  if (to <= input.wanted) return undefined;
  const limit = gainLimit(input, binding?.saturated === true);
  return limit !== undefined && to > limit.to ? limit : undefined;
};

const minimum: ClampFunction = ({ input }, to) =>
  to < input.policy.minimum
    ? { to: input.policy.minimum, detail: `the policy's minimum is ${input.policy.minimum}` }
    : undefined;

const maximum: ClampFunction = ({ input }, to) =>
  to > input.policy.maximum
    ? { to: input.policy.maximum, detail: `the policy's maximum is ${input.policy.maximum}` }
    : undefined;

/** Quota and room limit growth; what runs already is not taken away because they became smaller. */
const quota: ClampFunction = ({ input }, to) => growthLimit(input, to, input.quota, "the tenant's quota allows");
const room: ClampFunction = ({ input }, to) => growthLimit(input, to, input.room, 'the partitions have room for');

function growthLimit(input: DecisionInput, to: number, limit: number, what: string): Allowed | undefined {
  const most = Math.max(input.wanted, limit);
  return to > most ? { to: most, detail: `${what} ${limit}` } : undefined;
}

const pin: ClampFunction = ({ input }, to) => {
  const override = currentOverride(input);
  if (override?.kind !== 'pin') return undefined;
  const pinned = withinBounds(input, override.instances);
  return pinned === to ? undefined : { to: pinned, detail: overrideDetail('pinned at', override, pinned) };
};

const floor: ClampFunction = ({ input }, to) => {
  const override = currentOverride(input);
  if (override?.kind !== 'floor') return undefined;
  const least = withinBounds(input, override.instances);
  return least <= to ? undefined : { to: least, detail: overrideDetail('at least', override, least) };
};

/** Before bounds and manual numbers: what people stopped begins nothing until they start it. */
const stopped: ClampFunction = ({ input }, to) =>
  input.stopped === undefined || to === 0 ? undefined : { to: 0, detail: describeStop(input.stopped) };

export function describeStop({ by, reason }: StopInput): string {
  return `stopped by ${by} (${reason})`;
}

/** What a manual number alone makes of what is wanted: autoscaling left out. */
export function manualNumber(input: DecisionInput): number {
  const override = currentOverride(input);
  if (override === undefined) return input.wanted;
  const asked = withinBounds(input, override.instances);
  return override.kind === 'pin' ? asked : Math.max(input.wanted, asked);
}

function currentOverride({ override, now }: DecisionInput) {
  return override !== null && now < override.expiresAt ? override : undefined;
}

/** Bounds, quota and room hold for people, too. */
function withinBounds(input: DecisionInput, instances: number): number {
  return Math.min(Math.max(instances, input.policy.minimum), mostByHand(input).most);
}

/** How many instances a person may ask for, and what keeps it from being more. */
export function mostByHand({ policy, wanted, quota: allowed, room: free }: DecisionInput): {
  readonly most: number;
  readonly by: Extract<ClampCode, 'maximum' | 'quota' | 'room'>;
} {
  // What runs already is not taken away because quota or room became smaller.
  const growth = Math.max(wanted, Math.min(allowed, free));
  if (policy.maximum <= growth) return { most: policy.maximum, by: 'maximum' };
  return { most: growth, by: allowed <= free ? 'quota' : 'room' };
}

function overrideDetail(words: string, override: { instances: number; reason: string }, result: number): string {
  const limited = result === override.instances ? '' : `, limited to ${result}`;
  return `${words} ${override.instances}${limited} (${override.reason})`;
}

/** Instances wanted when the period that ends now began. */
function wantedBefore({ history, now, wanted }: DecisionInput, periodSeconds: number): number {
  return history.find(({ at }) => at > now - periodSeconds * 1000)?.from ?? wanted;
}

/** In the order in which they are applied. The number after `tolerance` is what regret remembers. */
const CLAMPS: readonly (readonly [ClampCode, ClampFunction])[] = [
  ['activation', activation],
  ['silenced', silenced],
  ['no-fresh-data', noFreshData],
  ['windows-not-full', windowsNotFull],
  ['tolerance', tolerance],
  ['regret', regret],
  ['idle', idle],
  ['rate-up', rateUp],
  ['rate-down', rateDown],
  ['errors-high', errorsHigh],
  ['no-gain', noGain],
  ['minimum', minimum],
  ['maximum', maximum],
  ['quota', quota],
  ['room', room],
  ['pin', pin],
  ['floor', floor],
  ['stopped', stopped],
];

export interface Clamped {
  readonly to: number;
  readonly recommended: number;
  readonly clamps: readonly Clamp[];
}

export function applyClamps(context: ClampContext, proposed: number): Clamped {
  const clamps: Clamp[] = [];
  let to = proposed;
  let recommended = proposed;
  for (const [code, clamp] of CLAMPS) {
    const allowed = clamp(context, to);
    if (allowed !== undefined) {
      clamps.push({ code, from: to, to: allowed.to, detail: allowed.detail });
      to = allowed.to;
    }
    if (code === 'tolerance') recommended = to;
  }
  return { to, recommended, clamps };
}
