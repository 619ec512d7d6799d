/**
 * Least squares of a straight line and of a parabola through seconds of demand, with standard errors.
 *
 * Both come from one pass over orthogonal polynomials (Forsythe 1957, "Generation and use of orthogonal polynomials for
 * data-fitting"): p0 = 1, p1 = x, p2 = x² − (S3/S2)·x − S2/n, with x the time from the mean time. Orthogonality makes the
 * coefficients independent, so adding the parabola changes neither mean nor slope, and every variance is a sum.
 *
 * Seconds of demand are not independent (a request that lasts longer than a second is in two of them), which would make plain
 * standard errors too small. They are widened by √((1 + r) / (1 − r)), r the lag-one autocorrelation of the residuals: the
 * usual correction to the effective number of samples for a first-order autoregressive process.
 */
import type { WindowSecond } from '../autoscaling/decision.ts';

/** Demand over time, a value a second where one is known: as columns, which are read many times over. */
export interface Series {
  /** The times that the values stand for, in seconds of the control plane's clock, ascending. */
  readonly times: Float64Array;
  /** In the factor's unit. */
  readonly totals: Float64Array;
  /** Of the totals, at least 0. */
  readonly largest: number;
}

export function seriesOf(window: readonly WindowSecond[]): Series {
  const times = new Float64Array(window.length);
  const totals = new Float64Array(window.length);
  let largest = 0;
  for (let index = 0; index < window.length; index += 1) {
    const { second, at, total } = window[index]!;
    times[index] = at ?? second + 0.5;
    totals[index] = total;
    if (total > largest) largest = total;
  }
  return { times, totals, largest };
}

const MAX_AUTOCORRELATION = 0.9;
/** Residuals below this share of the values are rounding, not noise. */
const ROUNDING = 1e-12;

/** Coefficients over p0, p1, p2; times in seconds relative to the origin given to {@link fitParabola}. */
export interface Fit {
  readonly count: number;
  /** Mean time of the samples, relative to the origin. */
  readonly meanTime: number;
  readonly mean: number;
  /** Coefficient of p1: the slope of the straight line, per second. */
  readonly slope: number;
  /** Coefficient of p2: half the second derivative of the parabola, per second squared. */
  readonly curvature: number;
  readonly s2: number;
  /** S3 / S2, what makes p2 orthogonal to p1 when samples are missing. */
  readonly skew: number;
  /** Sum of p2². 0 when there are too few samples for a parabola. */
  readonly p2Squared: number;
  /** Standard error of one residual about the line, and about the parabola, widened for autocorrelation. */
  readonly lineNoise: number;
  readonly parabolaNoise: number;
  /** Lag-one autocorrelation of the residuals about the parabola, 0–0.9: near 0 when it says all there is to say. */
  readonly parabolaAutocorrelation: number;
}

/** Fits the values `first … end − 1`, with time measured from `origin` (seconds). Needs two samples. */
export function fitParabola(series: Series, first: number, end: number, origin: number): Fit {
  const { times, totals } = series;
  const count = end - first;
  let sumTime = 0;
  let sumValue = 0;
  for (let index = first; index < end; index += 1) {
    sumTime += times[index]! - origin;
    sumValue += totals[index]!;
  }
  const meanTime = sumTime / count;
  const mean = sumValue / count;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let xy = 0;
  let xxy = 0;
  for (let index = first; index < end; index += 1) {
    const x = times[index]! - origin - meanTime;
    const y = totals[index]! - mean;
    const xx = x * x;
    s2 += xx;
    s3 += xx * x;
    s4 += xx * xx;
    xy += x * y;
    xxy += xx * y;
  }
  const slope = s2 > 0 ? xy / s2 : 0;
  const skew = s2 > 0 ? s3 / s2 : 0;
  const p2Squared = count > 3 ? Math.max(0, s4 - skew * s3 - (s2 * s2) / count) : 0;
  const curvature = p2Squared > 0 ? (xxy - skew * xy) / p2Squared : 0;
  const shape = { count, meanTime, mean, slope, curvature, s2, skew, p2Squared };
  return { ...shape, ...noises(series, first, end, origin, shape) };
}

/** A straight line alone: what is needed where many are tried. */
export interface Line {
  readonly count: number;
  readonly meanTime: number;
  readonly mean: number;
  readonly slope: number;
  readonly s2: number;
  readonly lineNoise: number;
}

/** The line of {@link fitParabola}, at half its cost. Needs two samples. */
export function fitLine({ times, totals }: Series, first: number, end: number, origin: number): Line {
  const count = end - first;
  // Sums are taken from the first sample, which keeps them small against rounding.
  const begin = times[first]!;
  const start = totals[first]!;
  let time = 0;
  let value = 0;
  let squaredTimes = 0;
  let products = 0;
  for (let index = first; index < end; index += 1) {
    const x = times[index]! - begin;
    const y = totals[index]! - start;
    time += x;
    value += y;
    squaredTimes += x * x;
    products += x * y;
  }
  const s2 = squaredTimes - (time * time) / count;
  const slope = s2 > 0 ? (products - (time * value) / count) / s2 : 0;
  const intercept = (value - slope * time) / count;
  let squares = 0;
  let lagged = 0;
  let previous = 0;
  for (let index = first; index < end; index += 1) {
    const residual = totals[index]! - start - intercept - slope * (times[index]! - begin);
    squares += residual * residual;
    lagged += residual * previous;
    previous = residual;
  }
  const mean = start + value / count;
  return {
    count,
    meanTime: begin + time / count - origin,
    mean,
    slope,
    s2,
    lineNoise: noise(squares, lagged, count - 2, ROUNDING * Math.abs(mean)),
  };
}

type Shape = Omit<Fit, 'lineNoise' | 'parabolaNoise' | 'parabolaAutocorrelation'>;

function noises({ times, totals }: Series, first: number, end: number, origin: number, fit: Shape) {
  let line = 0;
  let lineLag = 0;
  let parabola = 0;
  let parabolaLag = 0;
  let previousLine = 0;
  let previousParabola = 0;
  for (let index = first; index < end; index += 1) {
    const x = times[index]! - origin - fit.meanTime;
    const fromLine = totals[index]! - fit.mean - fit.slope * x;
    const fromParabola = fromLine - fit.curvature * p2(fit, x);
    line += fromLine * fromLine;
    parabola += fromParabola * fromParabola;
    lineLag += fromLine * previousLine;
    parabolaLag += fromParabola * previousParabola;
    previousLine = fromLine;
    previousParabola = fromParabola;
  }
  const rounding = ROUNDING * Math.abs(fit.mean);
  return {
    lineNoise: noise(line, lineLag, fit.count - 2, rounding),
    parabolaNoise: noise(parabola, parabolaLag, fit.count - 3, rounding),
    parabolaAutocorrelation: parabola > fit.count * rounding ** 2 ? autocorrelation(parabola, parabolaLag) : 0,
  };
}

function autocorrelation(squares: number, lagged: number): number {
  return squares > 0 ? Math.min(MAX_AUTOCORRELATION, Math.max(0, lagged / squares)) : 0;
}

function noise(squares: number, lagged: number, degreesOfFreedom: number, rounding: number): number {
  if (degreesOfFreedom <= 0 || squares <= 0) return rounding;
  const r = autocorrelation(squares, lagged);
  return Math.max(rounding, Math.sqrt((squares / degreesOfFreedom) * ((1 + r) / (1 - r))));
}

/** The polynomial p2 at x seconds from the mean time. */
export function p2(fit: Shape, x: number): number {
  return x * x - fit.skew * x - fit.s2 / fit.count;
}
