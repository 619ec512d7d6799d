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
 * non-negative garrote (Breiman 1995): a ramp's slope stays, a calm load's slope goes.
 *
 * A whole window is slow to see that something has begun, its newest part quick to take chance for a beginning. Both are asked, and
 * which of them is heard is settled by how well each did lately (combination.ts).
 */
import { lastValue } from './constant-forecasts.ts';
import { bounded, type Forecaster } from './forecaster.ts';
import { fitParabola, p2, type Fit, type Series } from './least-squares.ts';
import { onsetIndex } from './onset.ts';

const SIGNIFICANT_ERRORS = 5;
/** A parabola whose residuals hang together by less than this tells the whole story of the window. */
const COMPLETE_AUTOCORRELATION = 0.3;
/** Fewer samples do not tell a slope, or a bend, from noise. */
const LEAST_SAMPLES_FOR_SLOPE = 3;
const LEAST_SAMPLES_FOR_ACCELERATION = 12;
/** The newest part of the window. */
const RECENT_SHARE = 1 / 4;

/** The scaling equation over the whole window. */
export const kinematicForecaster: Forecaster = {
  name: 'kinematic',
  predict: (series, origin, horizonSeconds) => ahead(motionNow(series, 0, origin), series, horizonSeconds),
};

/** The scaling equation over the newest quarter of the window. */
export const recentKinematicForecaster: Forecaster = {
  name: 'kinematic-recent',
  predict: (series, origin, horizonSeconds) =>
    ahead(motionNow(series, recentFrom(series), origin), series, horizonSeconds),
};

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
  // That something has begun was shown by a test of its own: its slope is not shrunk.
  return alongLine(fit, first === 0 ? shrunk(fit.slope, slopeError(fit)) : fit.slope);
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
  return bends(fit) ? alongParabola(fit) : alongLine(fit, shrunk(fit.slope, slopeError(fit)));
}

function ahead({ level, slope, acceleration }: Motion, series: Series, t: number): number {
  return bounded(level + slope * t + 0.5 * acceleration * t * t, series);
}

function recentFrom({ times }: Series): number {
  const newest = times[times.length - 1]!;
  const from = newest - (newest - times[0]! + 1) * RECENT_SHARE;
  return times.findIndex((time) => time > from);
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

function shrunk(value: number, standardError: number): number {
  return Math.abs(value) <= standardError ? 0 : value * (1 - (standardError / value) ** 2);
}
