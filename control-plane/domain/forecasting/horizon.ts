/**
 * The horizon t of the forecast: how long it takes from a decision until a new instance serves.
 *
 * The 90th percentile (nearest rank) of the last successful starts, so that nine of ten instances are there in time, plus
 * the time until the next decision. Before any start was measured: what the cartridge declares.
 */
const DECISION_PERIOD_SECONDS = 1;
const LEAST_HORIZON_SECONDS = 2;
const LONGEST_HORIZON_SECONDS = 120;
/** Starts that are looked at, newest last. */
const MEASURED_STARTS = 20;
const FALLBACK_START_SECONDS = 30;

export interface HorizonInput {
  /** What the policy sets; wins over everything measured. */
  readonly policySeconds?: number | undefined;
  /** Durations of successful starts, newest last; image pulls on a cold node left out. */
  readonly startSeconds: readonly number[];
  /** The cartridge's declared `startSeconds`. */
  readonly declaredSeconds?: number | undefined;
  readonly windowSeconds: number;
}

/** Seconds, within [2, 120] and never longer than the window. */
export function horizonSeconds(input: HorizonInput): number {
  const wanted = input.policySeconds ?? startTime(input) + DECISION_PERIOD_SECONDS;
  const longest = Math.min(LONGEST_HORIZON_SECONDS, Math.max(LEAST_HORIZON_SECONDS, input.windowSeconds));
  return Math.min(longest, Math.max(LEAST_HORIZON_SECONDS, wanted));
}

function startTime({ startSeconds, declaredSeconds }: HorizonInput): number {
  const measured = startSeconds.slice(-MEASURED_STARTS).filter((seconds) => Number.isFinite(seconds) && seconds >= 0);
  return percentile(measured, 0.9) ?? declaredSeconds ?? FALLBACK_START_SECONDS;
}

/** The nearest-rank percentile; `undefined` of no values. */
function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
