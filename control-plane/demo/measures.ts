/** What the demo's summary says, computed from what was recorded. Pure. */
import type { LoadSecond } from './load-generator.ts';
import type { SeenDecision, SeenInstance, Snapshot } from './observer.ts';

export interface DemoSummary {
  readonly requests: number;
  readonly failed: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Null when the load never asked for more instances than there were. */
  readonly rampToDecisionSeconds: number | null;
  readonly decisionToActiveSeconds: number | null;
  readonly instancesMax: number;
  readonly instancesEnd: number;
  readonly updateFailed: number;
  readonly killedInstanceReplacedSeconds: number | null;
  readonly controlPlaneKilledFailed: number;
  readonly decisions: number;
  readonly nonActionsExplained: number;
}

/** The nearest-rank percentile of values in any order; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : percentile(values, 0.5);
}

/** Failures among requests that were sent in [from, to), in milliseconds since the epoch. */
export function failuresBetween(seconds: readonly LoadSecond[], from: number, to: number): number {
  return seconds.flatMap((second) => second.failures).filter(({ at }) => at >= from && at < to).length;
}

export interface RampInput {
  /** Requests in flight that the trace truly asks for at a time, in milliseconds since the epoch. */
  readonly demandAt: (at: number) => number;
  readonly from: number;
  readonly to: number;
  readonly snapshots: readonly Pick<Snapshot, 'at' | 'active' | 'horizonSeconds' | 'factors'>[];
  readonly decisions: readonly Pick<SeenDecision, 'at' | 'from' | 'to' | 'acted'>[];
}

const STEP_MILLISECONDS = 100;

/**
 * From the moment when the trace's true demand, carried on over the measured horizon, exceeds the capacity at target of the
 * active instances, to the first decision to grow. Negative: the decision came earlier. In seconds.
 */
export function rampToDecision(input: RampInput): number | null {
  const decision = input.decisions.find(
    ({ acted, from, to, at }) => acted && to > from && Date.parse(at) >= input.from,
  );
  if (decision === undefined) return null;
  for (let at = input.from; at < input.to; at += STEP_MILLISECONDS) {
    const snapshot = input.snapshots.findLast((candidate) => candidate.at <= at);
    const factor = snapshot?.factors.find(({ name }) => name === 'requestsInFlight');
    if (snapshot === undefined || factor === undefined) continue;
    // Before anything was decided, not after: the decision's own instances would move the moment away.
    const capacity =
      (input.snapshots.findLast((candidate) => candidate.at <= Math.min(at, Date.parse(decision.at))) ?? snapshot)
        .active * factor.target;
    if (input.demandAt(at + snapshot.horizonSeconds * 1000) > capacity) return (Date.parse(decision.at) - at) / 1000;
  }
  return null;
}

/** From each decision to grow to the first of its instances that was active; the median, in seconds. */
export function decisionToActive(decisions: readonly SeenDecision[], instances: Iterable<SeenInstance>): number | null {
  const all = [...instances];
  const times = decisions
    .filter(({ acted, from, to }) => acted && to > from)
    .flatMap((decision) => {
      const active = all.flatMap(({ cause, activeAt }) =>
        cause === decision.uid && activeAt !== null ? [Date.parse(activeAt)] : [],
      );
      return active.length === 0 ? [] : [(Math.min(...active) - Date.parse(decision.at)) / 1000];
    });
  return median(times);
}

export function round(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}
