/**
 * The last minutes of a service cluster in a few steps, for a small chart. The control plane tells them once, and from then on only what
 * changes: the steps between two changes hold what was so before.
 */
import type { ClusterTrendFragment } from '../generated/operations.ts';

const STEPS = 60;

/** Both in the factor's unit, 0 or more; null where nothing is known. */
export interface Point {
  readonly observed: number | null;
  readonly capacity: number | null;
}

const UNKNOWN: Point = { observed: null, capacity: null };

export interface Trend {
  /** Name of the factor that it is of. */
  readonly factor: string;
  /** Number of the step that the last point is of, see {@link stepOf}. */
  readonly last: number;
  /** One for each step, oldest first; 1 to 60. */
  readonly points: readonly Point[];
}

const STEP_MILLISECONDS = 5_000;

/** @param at milliseconds since the epoch, by the control plane's clock */
export function stepOf(at: number): number {
  return Math.floor(at / STEP_MILLISECONDS);
}

/** As the control plane tells it; null where its steps are of another length. */
export function trendOf({ factor, from, stepSeconds, observed, capacity }: ClusterTrendFragment): Trend | null {
  if (stepSeconds * 1_000 !== STEP_MILLISECONDS || observed.length === 0) return null;
  const points = observed.map((value, index) => ({ observed: value, capacity: capacity[index] ?? null }));
  return { factor, last: stepOf(Date.parse(from)) + points.length - 1, points: points.slice(-STEPS) };
}

/**
 * The trend at a step in which this is so. Nothing of what came before is known where there is none, or of another factor.
 *
 * @param step not before the trend's last one, or it counts as that
 */
export function follow(before: Trend | undefined, factor: string, step: number, now: Point): Trend {
  if (before?.factor !== factor) return { factor, last: step, points: [now] };
  const held = before.points.at(-1) ?? UNKNOWN;
  const passed = Math.max(0, step - before.last);
  if (passed === 0) {
    if (held.observed === now.observed && held.capacity === now.capacity) return before;
    return { ...before, points: [...before.points.slice(0, -1), now] };
  }
  const filled = Array.from({ length: Math.min(passed - 1, STEPS) }, () => held);
  return { factor, last: step, points: [...before.points, ...filled, now].slice(-STEPS) };
}
