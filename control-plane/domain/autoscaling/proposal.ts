/**
 * How many instances one factor asks for.
 *
 *     instances = ⌈ (predicted − N·b) / (target − b) ⌉
 *
 * with `predicted` the total demand at the horizon, N the instances that made it, b the part of an instance's value that
 * does not divide, `target` what one instance shall carry. N·b is taken off second by second before the forecast, because N
 * changes within the window: the total jumps by b when an instance joins, and a forecast of that jump would ask for the next.
 *
 * Derivation: let W be the work that divides. With n instances each one carries b + W/n, which shall not exceed the target:
 * n ≥ W / (target − b). No n helps when target ≤ b.
 *
 * A forecast is off by its error e, and being short costs more than having one too many. Instances are asked for what the demand may well
 * reach, predicted + {@link GROW_ERRORS}·e, and let go only from what it will hardly exceed within the time that a new one would need: the
 * larger of level and predicted, + {@link SHRINK_ERRORS}·e. What lies between is no reason to do either, so noise moves nothing.
 */
import type { DecisionInput, FactorInput, FactorProposal, Forecast, WindowSecond } from './decision.ts';
import { combinedForecast } from '../forecasting/combination.ts';
import { factorOf } from './factors.ts';
import { proposeOneByOne } from './one-by-one.ts';
import { formatNumber } from './format.ts';

/** Proposals above this are the same to every clamp. */
const MOST_INSTANCES = 1_000_000;
/** Standard errors of the forecast. */
const GROW_ERRORS = 1;
const SHRINK_ERRORS = 2;
/** Differences of counters leave rounding where nothing was asked: what is less is nothing, whatever forecasts were off before. */
const NOTHING = 1e-6;
/** Rounding of sums must not ask for an instance. */
const ROUNDING = 1e-9;
/** Why a number is larger than the forecast alone asks for. */
export const SILENT_REASON = 'silent instances count as carrying their target';
/** The last seconds of which at least half are saturated mean that the service cluster is. */
const SATURATION_SECONDS = 4;

export function propose(input: DecisionInput, factor: FactorInput): FactorProposal {
  const { name, target, base } = factor;
  const none = { factor: name, target, base, forecast: null, saturated: false, instances: null, needed: null };
  const registered = factorOf(name);
  if (registered === undefined) return { ...none, reason: 'not a registered factor' };
  const window = divisible(factor.window, base);
  const newest = window.at(-1);
  if (newest === undefined) return { ...none, reason: 'no data' };
  const age = ageSeconds(input, factor);
  if (age > input.staleSeconds) return { ...none, reason: `no data for ${formatNumber(age)} s` };
  const forecast = combinedForecast(window, input.now, input.horizonSeconds, factor.scores);
  if (forecast === undefined) return { ...none, reason: 'no forecast' };
  const saturated = isSaturated(window);
  const known = { ...none, forecast, saturated };
  if (target <= base)
    return {
      ...known,
      reason: `the target ${formatNumber(target)} is not above the base ${formatNumber(base)} of an idle instance: no number of instances reaches it`,
    };
  if (registered.growth === 'one-by-one') return { ...known, ...proposeOneByOne(input, factor) };
  const growing = likelyMost(forecast, factor) / (target - base);
  const shrinking = hardlyMore(shrinkForecast(input, factor) ?? forecast, factor) / (target - base);
  const wanted = input.wanted;
  // Growing reads the window one way, shrinking the other; in between there is no reason to do either.
  const needed = growing > wanted ? growing : Math.max(growing, Math.min(wanted, shrinking));
  const instances = wholeInstances(needed);
  if (saturated && instances < wanted)
    return { ...known, instances: wanted, needed: wanted, reason: 'requests queue: not fewer than there are' };
  return {
    ...known,
    instances,
    needed,
    reason:
      factor.shrinkWindow !== undefined && needed > growing
        ? SILENT_REASON
        : 'the forecast divided by what one instance carries',
  };
}

/** How long ago the newest second of the factor's window ended; 0 when there is none, which is no data and not old data. */
export function ageSeconds({ now }: DecisionInput, { window }: FactorInput): number {
  const newest = window.at(-1);
  return newest === undefined ? 0 : Math.max(0, now / 1000 - newest.second - 1);
}

/** Instances for this much demand in units of one instance. */
export function wholeInstances(needed: number): number {
  return Math.min(MOST_INSTANCES, Math.max(0, Math.ceil(needed - ROUNDING)));
}

/**
 * What the demand may well reach. An error that nobody has measured yet is no reason to grow; nor is that of a gauge, which starts and the
 * number of instances move, and which has its tolerance instead.
 */
export function likelyMost({ predicted, error }: Forecast, { name, scores }: FactorInput): number {
  const isMeasured = scores !== undefined && hasMargin(name) && predicted > NOTHING;
  return isMeasured ? predicted + GROW_ERRORS * error : predicted;
}

/** What the demand will hardly exceed until a new instance could be there. Where nothing was asked in the whole window, nothing is. */
function hardlyMore({ level, predicted, error }: Forecast, { name }: FactorInput): number {
  if (Math.max(level, predicted) <= NOTHING) return 0;
  return hasMargin(name) ? Math.max(level, predicted) + SHRINK_ERRORS * error : predicted;
}

function hasMargin(name: string): boolean {
  return factorOf(name)?.source === 'demand';
}

function shrinkForecast(input: DecisionInput, { shrinkWindow, base, scores }: FactorInput): Forecast | undefined {
  return shrinkWindow && combinedForecast(divisible(shrinkWindow, base), input.now, input.horizonSeconds, scores);
}

/** The window without what idle instances use anyway. */
export function divisible(window: readonly WindowSecond[], base: number): readonly WindowSecond[] {
  if (base <= 0) return window;
  return window.map((value) => ({ ...value, total: Math.max(0, value.total - (value.instances ?? 0) * base) }));
}

function isSaturated(window: readonly WindowSecond[]): boolean {
  const last = window.slice(-SATURATION_SECONDS);
  return 2 * last.filter(({ saturated }) => saturated === true).length >= last.length;
}
