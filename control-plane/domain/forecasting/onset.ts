/**
 * Seeing that the load has just begun to do something else.
 *
 * The line through the older seconds of the window promises what the newest ones should be. The mean of k newest seconds lies off
 * the promise of n older ones by chance with the standard error σ·√(1/k + 1/n + x²/S2), x the time between their middles, S2 the
 * spread of the older ones in time. Beyond {@link ONSET_ERRORS} of it that is no chance: the past is no guide, and the forecast
 * follows the newest seconds alone. The most telling of several places to cut is taken, then the rest is looked at again
 * (binary segmentation, Scott and Knott 1974), so that of flat, ramp, flat only the last piece is left.
 *
 * Measured in a closed loop with Poisson arrivals: without it a ramp is seen one to three seconds later, and the end of a fall
 * bends the forecast upwards for most of a window. {@link ONSET_ERRORS} trades one for the other: at 3.5 a calm load was taken
 * for something new six times an hour, at 4 less than once.
 */
import { fitLine, type Line, type Series } from './least-squares.ts';

const ONSET_ERRORS = 4;
/** How many newest seconds are tried as the beginning of something. */
const NEWEST = [2, 3, 4, 6, 9, 13, 20, 30, 40];
/** Seconds from before the cut that may belong to the new piece, too. */
const ANCHOR = 2;
/** As straight as the calm before, but for chance. */
const STRAIGHT = 1.5;
/** A line through fewer seconds says nothing. */
const LEAST_PIECE = 3;
/** Fewer older seconds promise nothing. */
const LEAST_OLDER = 8;
const RECENT_OLDER = 16;
const MOST_CUTS = 4;
/** What lies off by less than this share of the promise is rounding. */
const ROUNDING = 1e-9;

/** Index of the first second of the window that the forecast follows; 0 when all of it tells one story. */
export function onsetIndex(series: Series, origin: number): number {
  let first = 0;
  let calm: Line | undefined;
  for (let cuts = 0; cuts < MOST_CUTS; cuts += 1) {
    const found = cutAfter(series, first, origin);
    if (found === undefined) break;
    calm = fitLine(series, found.from, found.cut, origin);
    first = Math.max(first, found.cut - ANCHOR);
  }
  return calm === undefined ? first : straightened(series, first, calm, origin);
}

/**
 * Where exactly something began lies between the anchor and the newest seconds: seconds are let go, oldest first, until a line
 * goes through the rest as well as one went through the calm before. Counts vary with the root of what is counted, so a
 * higher demand may be noisier by that much.
 */
function straightened(series: Series, from: number, calm: Line, origin: number): number {
  let first = from;
  while (series.times.length - first > LEAST_PIECE) {
    const piece = fitLine(series, first, series.times.length, origin);
    const growth = Math.max(1, calm.mean > 0 ? piece.mean / calm.mean : 1);
    if (piece.lineNoise <= STRAIGHT * calm.lineNoise * Math.sqrt(growth) + ROUNDING * piece.mean) break;
    first += 1;
  }
  return first;
}

interface Cut {
  /** Index of the first of the older seconds that it was held against. */
  readonly from: number;
  /** Index of the first second after the cut. */
  readonly cut: number;
}

/** The most telling place to cut: against all older seconds, and against the last of them, as something may have begun before. */
function cutAfter(series: Series, first: number, origin: number): Cut | undefined {
  const end = series.times.length;
  let found: Cut | undefined;
  let most = ONSET_ERRORS;
  for (const newest of NEWEST) {
    const cut = end - newest;
    if (cut - first < LEAST_OLDER) break;
    for (const from of cut - first > RECENT_OLDER ? [first, cut - RECENT_OLDER] : [first]) {
      const errors = errorsOff(series, from, cut, origin);
      if (errors <= most) continue;
      most = errors;
      found = { from, cut };
    }
  }
  return found;
}

/** How many standard errors the seconds from `cut` on lie off what those before promise. */
function errorsOff(series: Series, first: number, cut: number, origin: number): number {
  const older = fitLine(series, first, cut, origin);
  const { times, totals } = series;
  const newest = times.length - cut;
  let off = 0;
  let time = 0;
  for (let index = cut; index < times.length; index += 1) {
    const x = times[index]! - origin - older.meanTime;
    off += totals[index]! - older.mean - older.slope * x;
    time += x;
  }
  const spread = 1 / newest + 1 / older.count + (time / newest) ** 2 / older.s2;
  const error = older.lineNoise * Math.sqrt(spread) + ROUNDING * older.mean;
  const mean = Math.abs(off / newest);
  return error > 0 ? mean / error : mean > 0 ? Number.MAX_VALUE : 0;
}
