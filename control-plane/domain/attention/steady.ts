/** Figures for people who watch: what only jitters stays as it is, so that nobody is told of it each second. Pure. */

const DIGITS = 3;

/**
 * The figure to be shown now: the one that is shown already while the new one is no further from it than the tolerance, in the figure's own
 * unit; else the new one, in three digits. What becomes 0 (or anything, from 0 … or null) beyond all tolerance is told at once.
 *
 * @param shown undefined: none yet
 */
export function steady(shown: number | null | undefined, value: number | null, tolerance: number): number | null {
  if (value === null || value === 0) return value;
  if (shown !== undefined && shown !== null && shown !== 0 && Math.abs(value - shown) <= tolerance) return shown;
  const told = Number(value.toPrecision(DIGITS));
  // A figure of 0 is left only for one that is more than noise.
  return shown === 0 && Math.abs(told) <= tolerance ? 0 : told;
}

const AGES_SECONDS: readonly number[] = [15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400];

/**
 * An age in steps, in seconds: 0 while it is what healthy agents have (they report every five seconds at the latest), then the last step that
 * it has passed, and whole days from the first one on.
 */
export function coarseAge(seconds: number): number {
  if (seconds >= 86_400) return Math.floor(seconds / 86_400) * 86_400;
  return AGES_SECONDS.findLast((step) => seconds >= step) ?? 0;
}
