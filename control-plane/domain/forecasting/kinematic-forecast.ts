/**
 * The scaling equation: demand moves as a body under constant acceleration.
 *
 *     s = u·t + ½·a·t²          predicted = level + s
 *
 * | symbol | meaning                                                                        | unit                    |
 * |--------|--------------------------------------------------------------------------------|-------------------------|
 * | level  | demand now                                                                     | the factor's (requests) |
 * | u      | first derivative of the demand                                                 | factor per second       |
 * | a      | second derivative of the demand                                                | factor per second²      |
 * | t      | the horizon: how long a new instance takes from the decision until it serves   | seconds                 |
 * | s      | the load that is added while the instance starts                               | the factor's            |
 *
 * Derivation: the Taylor series of the total demand D about now, D(t) = D(0) + D′(0)·t + ½·D″(0)·t² + …, cut after the
 * second order; u = D′(0), a = D″(0). Both are estimated by least squares over the window (least-squares.ts). A parabola
 * fitted to noise always bends somewhere and t² makes much of it, so a counts only when it is more than
 * {@link SIGNIFICANT_ERRORS} standard errors from zero; otherwise a = 0 and u is the slope of the straight line.
 *
 * The slope of noise is not zero either. It is shrunk by its own standard error e, u ← u·max(0, 1 − (e/u)²), the
 * non-negative garrote (Breiman 1995): a ramp's slope stays, a calm load's slope goes. Few values tell little of their noise: e is that of
 * Student's distribution, and where something has just begun at least that of the values before.
 *
 * A whole window is slow to see that something has begun, its newest part quick to take chance for a beginning. So its newest half, quarter
 * and eighth are asked as well, and which of them is heard is settled by how well each did lately (combination.ts).
 */
import { lastValue } from './constant-forecasts.ts';
import { bounded, type Forecaster } from './forecaster.ts';
import { fitLine, fitParabola, p2, type Fit, type Series } from './least-squares.ts';
import { onsetIndex } from './onset.ts';

const SIGNIFICANT_ERRORS = 5;
/** A parabola whose residuals hang together by less than this tells the whole story of the window. */
const COMPLETE_AUTOCORRELATION = 0.3;
/** Fewer samples do not tell a slope, or a bend, from noise. */
const LEAST_SAMPLES_FOR_SLOPE = 6;
const LEAST_SAMPLES_FOR_ACCELERATION = 12;
/** In place of the standard deviation of Student's distribution, which has none with up to two degrees of freedom. */
const FEW_ERRORS = 3;
/** Seconds before something began that tell the noise. */
const LEAST_BEFORE = 8;
const MOST_BEFORE = 16;

/** The scaling equation over the whole window. */
export const kinematicForecaster = kinematic('kinematic', 1);

/** The scaling equation over newest parts of the window. Each is half as long as the one before: between them is nothing that they do not see. */
export const newestKinematicForecasters: readonly Forecaster[] = [
  kinematic('kinematic-half', 1 / 2),
  kinematic('kinematic-quarter', 1 / 4),
  kinematic('kinematic-eighth', 1 / 8),
];

/**
 * The scaling equation while nothing is known of how well forecasts do here, or since what was known has been refuted: quick to see that
 * something has begun. Unless one parabola tells the story of the whole window, the newest seconds are held against what those
 * before promise; when they refute it, the fit goes through the newest alone (onset.ts). It starts at least from the mean of the last two
 * seconds.
 */
export function onsetForecast(
  series: Series,
  origin: number,
  horizonSeconds: number,
): { predicted: number; error: number } {
  const motion = motionSinceOnset(series, origin);
  const level = Math.max(motion.level, lastValue(series, 2));
  return { predicted: ahead({ ...motion, level }, series, horizonSeconds), error: motion.errorAhead(horizonSeconds) };
}

/** See {@link onsetForecast}; of a series that has at least one value. */
export function motionSinceOnset(series: Series, origin: number): Motion {
  const whole = fitParabola(series, 0, series.times.length, origin);
  if (whole.count < LEAST_SAMPLES_FOR_SLOPE) return alongLine(whole, 0);
  if (bends(whole) && whole.parabolaAutocorrelation < COMPLETE_AUTOCORRELATION) return alongParabola(whole);
  const first = onsetIndex(series, origin);
  const fit = first === 0 ? whole : fitParabola(series, first, series.times.length, origin);
  if (bends(fit)) return alongParabola(fit);
  return alongLine(fit, shrunkSlope(fit, noiseBefore(series, first, origin, fit.mean)));
}

/** How the demand moves at the origin. */
export interface Motion {
  readonly level: number;
  /** u, per second. */
  readonly slope: number;
  readonly slopeStandardError: number;
  /** a, per second squared; 0 while it is not significant. */
  readonly acceleration: number;
  readonly accelerationStandardError: number;
  readonly accelerationSignificant: boolean;
  /** One standard error of what is predicted `horizonSeconds` ahead, if demand goes on moving so. */
  errorAhead(horizonSeconds: number): number;
}

/** From the values with index `first` on, of which there is at least one; `origin` in seconds of the control plane's clock. */
export function motionNow(series: Series, first: number, origin: number): Motion {
  const fit = fitParabola(series, first, series.times.length, origin);
  if (fit.count < LEAST_SAMPLES_FOR_SLOPE) return alongLine(fit, 0);
  return bends(fit) ? alongParabola(fit) : alongLine(fit, shrunkSlope(fit));
}

function kinematic(name: string, share: number): Forecaster {
  return {
    name,
    predict: (series, origin, horizonSeconds) =>
      ahead(motionNow(series, newestFrom(series, share), origin), series, horizonSeconds),
  };
}

/** What the motion comes to in `t` seconds. */
export function ahead({ level, slope, acceleration }: Motion, series: Series, t: number): number {
  return bounded(level + slope * t + 0.5 * acceleration * t * t, series);
}

/** Index of the first value of so large a part of the window. */
function newestFrom({ times }: Series, share: number): number {
  const newest = times[times.length - 1]!;
  const from = newest - (newest - times[0]! + 1) * share;
  return times.findLastIndex((time) => time <= from) + 1;
}

function bends(fit: Fit): boolean {
  return (
    fit.count >= LEAST_SAMPLES_FOR_ACCELERATION &&
    Math.abs(2 * fit.curvature) > SIGNIFICANT_ERRORS * accelerationError(fit)
  );
}

function accelerationError(fit: Fit): number {
  return fit.p2Squared > 0 ? (2 * fit.parabolaNoise) / Math.sqrt(fit.p2Squared) : 0;
}

function alongLine(fit: Fit, slope: number): Motion {
  const slopeStandardError = slopeError(fit);
  return {
    level: fit.mean - slope * fit.meanTime,
    slope,
    slopeStandardError,
    acceleration: 0,
    accelerationStandardError: accelerationError(fit),
    accelerationSignificant: false,
    errorAhead: (t) => Math.hypot(fit.lineNoise / Math.sqrt(fit.count), (t - fit.meanTime) * slopeStandardError),
  };
}

function alongParabola(fit: Fit): Motion {
  const x = -fit.meanTime;
  const tilt = 2 * x - fit.skew;
  return {
    level: fit.mean + fit.slope * x + fit.curvature * p2(fit, x),
    slope: fit.slope + fit.curvature * tilt,
    slopeStandardError: fit.parabolaNoise * Math.sqrt(1 / fit.s2 + (tilt * tilt) / fit.p2Squared),
    acceleration: 2 * fit.curvature,
    accelerationStandardError: accelerationError(fit),
    accelerationSignificant: true,
    errorAhead: (t) =>
      fit.parabolaNoise * Math.sqrt(1 / fit.count + (x + t) ** 2 / fit.s2 + p2(fit, x + t) ** 2 / fit.p2Squared),
  };
}

function slopeError(fit: Fit): number {
  return fit.s2 > 0 ? fit.lineNoise / Math.sqrt(fit.s2) : 0;
}

/** @param leastNoise of one value, where its own are too few to tell it */
function shrunkSlope(fit: Fit, leastNoise = 0): number {
  const freedom = fit.count - 2;
  const student = freedom > 2 ? Math.sqrt(freedom / (freedom - 2)) : FEW_ERRORS;
  const noise = Math.max(student * fit.lineNoise, leastNoise);
  return shrunk(fit.slope, fit.s2 > 0 ? noise / Math.sqrt(fit.s2) : 0);
}

/** What one value was off by chance before something began. Counts vary with the root of what is counted. */
function noiseBefore(series: Series, first: number, origin: number, mean: number): number {
  if (first < LEAST_BEFORE) return 0;
  const before = fitLine(series, Math.max(0, first - MOST_BEFORE), first, origin);
  return before.lineNoise * Math.sqrt(before.mean > 0 ? Math.max(1, mean / before.mean) : 1);
}

function shrunk(value: number, standardError: number): number {
  return Math.abs(value) <= standardError ? 0 : value * (1 - (standardError / value) ** 2);
}
