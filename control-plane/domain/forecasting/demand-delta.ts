/**
 * What happened between two successive reports of a load balancer: the difference of its cumulative counters.
 *
 * The mean number in flight is the difference of an integral over the time between the reports, so it is exact whatever
 * happened in between, and a lost report costs resolution but no request.
 */
import type { TargetDemand } from '../../../schema/mqtt/demand.ts';

/** One report about one target, placed on the control plane's clock. */
export interface DemandPoint {
  /** When the report was true: receipt minus its age, in milliseconds since the epoch. */
  readonly at: number;
  /** Seconds since the balancer's session began, on its own monotonic clock. */
  readonly uptimeSeconds: number;
  /** Absent: the balancer did not know the target then, all its counters are 0. */
  readonly target: TargetDemand | undefined;
}

/** Rates and means over an interval. All figures are finite and not negative. */
export interface DemandInterval {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Time-weighted mean of forwarded + queued. */
  readonly inFlight: number;
  /** Time-weighted mean of queued alone. */
  readonly queued: number;
  readonly arrivalsPerSecond: number;
  readonly completionsPerSecond: number;
  /** Status 5xx, failures and sheds. */
  readonly errorsPerSecond: number;
  /** Everything that ended, well or not: completions, failures and sheds. */
  readonly endedPerSecond: number;
  /** Refused by a limit: no demand, and no error. */
  readonly throttled: number;
  /** Answers to clients that another instance was kept for. */
  readonly affinityBroken: number;
  /** Instances taken out for a while. */
  readonly ejections: number;
  /** Something was queued or shed. */
  readonly saturated: boolean;
  /** Completions, and the seconds of service that they took from forwarding to the last byte. */
  readonly completions: number;
  readonly serviceSeconds: number;
  /** Queued when the report was made. */
  readonly queuedNow: number;
}

export type DemandDelta =
  | { readonly kind: 'interval'; readonly interval: DemandInterval }
  /** The balancer's clock did not move: a duplicate. */
  | { readonly kind: 'no-time' }
  /** A counter went back within the session: nothing can be said of the time in between. */
  | { readonly kind: 'counter-back'; readonly counter: string };

const NOTHING: Omit<TargetDemand, 'inFlight' | 'queued' | 'latency' | 'instances' | 'bytesIn' | 'bytesOut'> = {
  inFlightSeconds: 0,
  queuedSeconds: 0,
  saturatedSeconds: 0,
  arrivals: 0,
  completions: [0, 0, 0, 0, 0],
  serviceSeconds: 0,
  sheds: 0,
  failures: 0,
  throttled: 0,
  affinityBroken: 0,
  ejections: 0,
};
const COUNTERS = [
  'inFlightSeconds',
  'queuedSeconds',
  'saturatedSeconds',
  'arrivals',
  'serviceSeconds',
  'sheds',
  'failures',
] as const;

export function demandDelta(previous: DemandPoint, next: DemandPoint & { readonly target: TargetDemand }): DemandDelta {
  const seconds = next.uptimeSeconds - previous.uptimeSeconds;
  if (!(seconds > 0)) return { kind: 'no-time' };
  const before = previous.target ?? NOTHING;
  const after = next.target;
  for (const counter of COUNTERS) if (after[counter] < before[counter]) return { kind: 'counter-back', counter };
  let completions = 0;
  for (let index = 0; index < after.completions.length; index += 1) {
    const change = after.completions[index]! - before.completions[index]!;
    if (change < 0) return { kind: 'counter-back', counter: `completions.${index + 1}xx` };
    completions += change;
  }
  const sheds = after.sheds - before.sheds;
  const unanswered = after.failures - before.failures + sheds;
  const errors = after.completions[4] - before.completions[4] + unanswered;
  const inFlight = (after.inFlightSeconds - before.inFlightSeconds) / seconds;
  return {
    kind: 'interval',
    interval: {
      from: next.at - seconds * 1000,
      to: next.at,
      inFlight,
      queued: Math.min(inFlight, (after.queuedSeconds - before.queuedSeconds) / seconds),
      arrivalsPerSecond: (after.arrivals - before.arrivals) / seconds,
      completionsPerSecond: completions / seconds,
      errorsPerSecond: errors / seconds,
      endedPerSecond: (completions + unanswered) / seconds,
      saturated: after.saturatedSeconds > before.saturatedSeconds || sheds > 0,
      // A balancer that does not count them says nothing, one that was replaced by such a one goes back.
      throttled: Math.max(0, (after.throttled ?? 0) - (before.throttled ?? 0)),
      affinityBroken: Math.max(0, (after.affinityBroken ?? 0) - (before.affinityBroken ?? 0)),
      ejections: Math.max(0, (after.ejections ?? 0) - (before.ejections ?? 0)),
      completions,
      serviceSeconds: after.serviceSeconds - before.serviceSeconds,
      queuedNow: after.queued,
    },
  };
}
