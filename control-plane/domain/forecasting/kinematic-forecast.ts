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
 * A whole window is slow to see that something has begun. Unless one parabola tells the story of all of it, the newest seconds
 * are held against what those before promise; when they refute it, the fit goes through the newest alone (onset.ts).
 */
import type { Forecast, WindowSecond } from '../autoscaling/decision.ts';
import type { Forecaster } from './forecaster.ts';
import { fitParabola, p2, seriesOf, type Fit, type Series } from './least-squares.ts';
import { onsetIndex } from './onset.ts';

const SIGNIFICANT_ERRORS = 5;
/** A parabola whose residuals hang together by less than this tells the whole story of the window. */
const COMPLETE_AUTOCORRELATION = 0.3;
/** Fewer samples do not tell a slope, or a bend, from noise. */
const LEAST_SAMPLES_FOR_SLOPE = 3;
const LEAST_SAMPLES_FOR_ACCELERATION = 12;
/** Data older than this is not carried on to now: the horizon counts from its end. */
const MAX_DELAY_SECONDS = 3;
/** Predicted demand never exceeds this many times the largest value of the window. */
const MAX_GROWTH = 3;

export const kinematicForecaster: Forecaster = { name: 'kinematic', forecast: kinematicForecast };

/** See {@link Forecaster.forecast}. `now` in milliseconds since the epoch; values are finite and not negative. */
export function kinematicForecast(
  window: readonly WindowSecond[],
  now: number,
  horizonSeconds: number,
): Forecast | undefined {
  const newest = window.at(-1);
  if (newest === undefined) return undefined;
  const origin = Math.min(now / 1000, newest.second + 1 + MAX_DELAY_SECONDS);
  const motion = motionNow(seriesOf(window), origin, horizonSeconds);
  const level = Math.max(0, motion.level, meanOfLastTwo(window, newest));
  const t = horizonSeconds;
  const added = motion.slope * t + 0.5 * motion.acceleration * t * t;
  return {
    ...motion,
    level,
    horizonSeconds,
    predicted: Math.min(Math.max(0, level + added), MAX_GROWTH * largest(window)),
  };
}

type Motion = Omit<Forecast, 'horizonSeconds' | 'predicted'>;

function motionNow(series: Series, origin: number, horizonSeconds: number): Motion {
  const whole = fitParabola(series, 0, series.times.length, origin);
  if (whole.count < LEAST_SAMPLES_FOR_SLOPE) return alongLine(whole, 0, horizonSeconds);
  if (bends(whole) && whole.parabolaAutocorrelation < COMPLETE_AUTOCORRELATION)
    return alongParabola(whole, horizonSeconds);
  const first = onsetIndex(series, origin);
  const fit = first === 0 ? whole : fitParabola(series, first, series.times.length, origin);
  if (bends(fit)) return alongParabola(fit, horizonSeconds);
  // That something has begun was shown by a test of its own: its slope is not shrunk.
  return alongLine(fit, first === 0 ? shrunk(fit.slope, slopeError(fit)) : fit.slope, horizonSeconds);
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

function alongLine(fit: Fit, slope: number, horizonSeconds: number): Motion {
  const ahead = horizonSeconds - fit.meanTime;
  const slopeStandardError = slopeError(fit);
  return {
    level: fit.mean - slope * fit.meanTime,
    slope,
    slopeStandardError,
    acceleration: 0,
    accelerationStandardError: accelerationError(fit),
    accelerationSignificant: false,
    error: Math.hypot(fit.lineNoise / Math.sqrt(fit.count), ahead * slopeStandardError),
  };
}

function alongParabola(fit: Fit, horizonSeconds: number): Motion {
  const x = -fit.meanTime;
  const ahead = x + horizonSeconds;
  const tilt = 2 * x - fit.skew;
  return {
    level: fit.mean + fit.slope * x + fit.curvature * p2(fit, x),
    slope: fit.slope + fit.curvature * tilt,
    slopeStandardError: fit.parabolaNoise * Math.sqrt(1 / fit.s2 + (tilt * tilt) / fit.p2Squared),
    acceleration: 2 * fit.curvature,
    accelerationStandardError: accelerationError(fit),
    accelerationSignificant: true,
    error:
      fit.parabolaNoise * Math.sqrt(1 / fit.count + (ahead * ahead) / fit.s2 + p2(fit, ahead) ** 2 / fit.p2Squared),
  };
}

function slopeError(fit: Fit): number {
  return fit.s2 > 0 ? fit.lineNoise / Math.sqrt(fit.s2) : 0;
}

function shrunk(value: number, standardError: number): number {
  return Math.abs(value) <= standardError ? 0 : value * (1 - (standardError / value) ** 2);
}

function meanOfLastTwo(window: readonly WindowSecond[], newest: WindowSecond): number {
  const before = window.at(-2);
  return before?.second === newest.second - 1 ? (newest.total + before.total) / 2 : newest.total;
}

function largest(window: readonly WindowSecond[]): number {
  let most = 0;
  for (const { total } of window) if (total > most) most = total;
  return most;
}
