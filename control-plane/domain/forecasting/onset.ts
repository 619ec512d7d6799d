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
import type { WindowSecond } from '../autoscaling/decision.ts';
import { fitLine } from './least-squares.ts';

const ONSET_ERRORS = 4;
/** How many newest seconds are tried as the beginning of something. */
const NEWEST = [2, 3, 4, 6, 9, 13, 20, 30, 40];
/** Seconds from before the cut that belong to the new piece, too: they say where it started. */
const ANCHOR = 2;
/** Fewer older seconds promise nothing. */
const LEAST_OLDER = 8;
const MOST_CUTS = 4;
/** What lies off by less than this share of the promise is rounding. */
const ROUNDING = 1e-9;

/** Index of the first second of the window that the forecast follows; 0 when all of it tells one story. */
export function onsetIndex(window: readonly WindowSecond[], origin: number): number {
  let first = 0;
  for (let cuts = 0; cuts < MOST_CUTS; cuts += 1) {
    const next = cutAfter(window, first, origin);
    if (next === undefined) break;
    first = next;
  }
  return first;
}

function cutAfter(window: readonly WindowSecond[], first: number, origin: number): number | undefined {
  const end = window.length;
  let cut: number | undefined;
  let most = ONSET_ERRORS;
  for (const newest of NEWEST) {
    if (end - first - newest < LEAST_OLDER) break;
    const errors = errorsOff(window, first, end - newest, origin);
    if (errors > most) {
      most = errors;
      cut = end - newest - ANCHOR;
    }
  }
  return cut;
}

/** How many standard errors the seconds from `cut` on lie off what those before promise. */
function errorsOff(window: readonly WindowSecond[], first: number, cut: number, origin: number): number {
  const older = fitLine(window, first, cut, origin);
  const newest = window.length - cut;
  let off = 0;
  let time = 0;
  for (let index = cut; index < window.length; index += 1) {
    const { second, total } = window[index]!;
    const x = second + 0.5 - origin - older.meanTime;
    off += total - older.mean - older.slope * x;
    time += x;
  }
  const spread = 1 / newest + 1 / older.count + (time / newest) ** 2 / older.s2;
  const error = older.lineNoise * Math.sqrt(spread) + ROUNDING * older.mean;
  const mean = Math.abs(off / newest);
  return error > 0 ? mean / error : mean > 0 ? Number.MAX_VALUE : 0;
}
