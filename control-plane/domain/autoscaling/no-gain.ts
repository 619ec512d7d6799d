/**
 * Whether more instances have helped: what stops a service cluster from growing without end behind a bottleneck that is elsewhere.
 *
 * Requests queue at the balancers or fail, and instances were added because of it, from n₀ to n. Were instances the bottleneck, those would
 * answer r = n / n₀ times as many requests. With T₀ and T answered per second, each a mean over s seconds and so uncertain by √(T/s),
 *
 *     it can be told when   r ≥ 1.25   and   (r − 1)·T₀ ≥ 3·√(r·T₀/s)
 *     nothing was gained    when   T ≤ 1.05·T₀ + 2·√(T₀/s)
 *
 * T₀ may be next to nothing (a backend that hangs): it counts as a thousandth of what arrives, else chance alone would gain.
 *
 * Only growth of the same trouble is compared: before it, another release or other requests may have been answered in less time. So the
 * first change of it is left out (its T₀ is a mean over seconds of before), and the last ones until they have taken effect, which is after
 * horizon + s + the time that a request takes.
 *
 * A bottleneck that goes away shows by itself, as the instances that are there answer more. But the verdict may be wrong: an attempt with a
 * tenth more is made after ten minutes, and then whenever the trouble has lasted twice as long, so that all attempts together grow with the
 * logarithm of its duration.
 */
import { FLOW_SECONDS } from '../forecasting/windows.ts';
import type { DecisionInput } from './decision.ts';
import { formatCount, formatNumber } from './format.ts';

/** Shares of requests that fail from which growth is watched. Growth that gains nothing while fewer fail is bounded by what is asked for. */
const FAILING_SHARE = 0.01;
const LEAST_GROWTH = 1.25;
const LEAST_GAIN = 0.05;
const EXPECTED_ERRORS = 3;
const GAIN_ERRORS = 2;
const LEAST_SHARE = 0.001;
const FIRST_ATTEMPT_MILLISECONDS = 600_000;
const ATTEMPT_SHARE = 0.1;

type Change = DecisionInput['history'][number];

/** Requests wait for an instance, or fail. */
export function isInTrouble({ errorShare }: Pick<DecisionInput, 'errorShare'>, saturated: boolean): boolean {
  return saturated || (errorShare ?? 0) >= FAILING_SHARE;
}

/** How far growth may go, and why no further; `undefined` when nothing speaks against it. */
export function gainLimit(input: DecisionInput, saturated: boolean): { to: number; detail: string } | undefined {
  const { now, wanted, throughput } = input;
  if (throughput === null || !isInTrouble(input, saturated)) return undefined;
  const trouble = troubleOf(input.history, now);
  const settled = trouble.filter(({ at }) => at <= now - settleMilliseconds(input));
  const instances = Math.min(input.instances.active, settled.at(-1)?.to ?? 0);
  const vain = settled.find((change, index) => index > 0 && gainedNothing(input, change, instances));
  if (vain === undefined) return undefined;
  const detail = `${formatCount(instances, 'instance')} answer ${formatNumber(throughput)} requests per second, ${vain.from} answered ${formatNumber(vain.throughput!)}: the bottleneck is elsewhere`;
  if (now - trouble.at(-1)!.at < waitMilliseconds(trouble)) return { to: wanted, detail };
  return { to: wanted + Math.ceil(wanted * ATTEMPT_SHARE), detail: `${detail}; one more attempt` };
}

/** The changes of the present trouble, oldest first: each one growth while requests waited or failed, with no long calm between two. */
function troubleOf(history: readonly Change[], now: number): readonly Change[] {
  const begin =
    history.findLastIndex((change) => !(change.inTrouble === true && change.to > change.from && change.from > 0)) + 1;
  const changes = history.slice(begin);
  for (let index = changes.length; index > 0; index -= 1) {
    const until = index < changes.length ? changes[index]!.at : now;
    const before = changes.slice(0, index);
    if (until - before.at(-1)!.at > 2 * waitMilliseconds(before)) return changes.slice(index);
  }
  return changes;
}

/** From the last growth to the next attempt: as long again as the trouble had lasted. */
function waitMilliseconds(trouble: readonly Change[]): number {
  return Math.max(FIRST_ATTEMPT_MILLISECONDS, trouble.at(-1)!.at - trouble[0]!.at);
}

function settleMilliseconds({ horizonSeconds, serviceSeconds }: DecisionInput): number {
  return (horizonSeconds + FLOW_SECONDS + (serviceSeconds ?? 0)) * 1000;
}

function gainedNothing({ throughput, arrivals }: DecisionInput, change: Change, instances: number): boolean {
  if (change.throughput === null) return false;
  const before = Math.max(change.throughput, LEAST_SHARE * (arrivals ?? 0));
  const growth = instances / change.from;
  const canBeTold =
    growth >= LEAST_GROWTH && (growth - 1) * before >= EXPECTED_ERRORS * Math.sqrt((growth * before) / FLOW_SECONDS);
  return canBeTold && throughput! <= (1 + LEAST_GAIN) * before + GAIN_ERRORS * Math.sqrt(before / FLOW_SECONDS);
}
