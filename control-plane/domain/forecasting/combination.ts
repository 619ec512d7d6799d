/**
 * Several forecasters, each heard as far as it has been right: their mean, weighed by what each lost lately at the very horizon that is
 * decided for. One that does badly loses its say by itself, and gets it back the same way.
 *
 *     predicted = Σ wᵢ·fᵢ / Σ wᵢ          wᵢ = 1 / lossᵢ⁵
 *
 * fᵢ is what the forecaster i predicts, lossᵢ its pinball loss (scoreboard.ts). A fifth power lets the best
 * one speak and leaves another that is nearly as good its part; with 4 the short windows were heard enough to make a calm load restless, 8 took
 * turns at every chance.
 *
 * The error of the prediction is not derived but measured: the root mean square of what these same predictions were off when their time had
 * come.
 *
 * All that holds as long as the load goes on as it did. Before enough forecasts have come due nobody has shown anything, and after a surprise
 * (scoreboard.ts) the past is no guide to what has begun: then the scaling equation speaks, through the seconds since it began. At first
 * alone, with the error of its fit; after a surprise if it says more than the others.
 */
import type { Forecast, MemberForecast, WindowSecond } from '../autoscaling/decision.ts';
import { lastValue, lastValueForecaster, windowMeanForecaster } from './constant-forecasts.ts';
import type { Forecaster } from './forecaster.ts';
import {
  ahead,
  kinematicForecaster,
  motionNow,
  newestKinematicForecasters,
  onsetForecast,
  type Motion,
} from './kinematic-forecast.ts';
import { seriesOf } from './least-squares.ts';

/** A new forecaster is one entry here. */
export const FORECASTERS: readonly Forecaster[] = [
  kinematicForecaster,
  ...newestKinematicForecasters,
  lastValueForecaster,
  windowMeanForecaster,
];

/** The forecast of those times in which nobody has shown anything. */
const ONSET = 'kinematic-onset';
/** Data older than this is not carried on to now: the horizon counts from its end. In seconds. */
const MAX_DELAY_SECONDS = 3;
/** A loss below this share of the level is none: nobody is to rule alone because of rounding. */
const LEAST_LOSS = 1e-4;

/** How well forecasts did whose time has come: plain data, part of what a decision is computed from. */
export interface ForecastScores {
  /** Mean pinball loss of each forecaster, in the factor's unit, in the order of {@link FORECASTERS}. */
  readonly losses: readonly number[];
  /** Root mean square of what the combined forecasts were off, in the factor's unit. */
  readonly error: number;
  /** The demand has lately been far above what was forecast: something has begun. */
  readonly surprised: boolean;
}

/**
 * The demand at `now` + `horizonSeconds`, from the seconds of a window (oldest first); `now` in milliseconds since the epoch.
 *
 * Pure: the same arguments give the same forecast to the bit. All figures are finite and `predicted` is never negative.
 * `undefined` when the window is empty; that means "do not act", not zero.
 *
 * @param scores undefined until enough forecasts have come due
 */
export function combinedForecast(
  window: readonly WindowSecond[],
  now: number,
  horizonSeconds: number,
  scores: ForecastScores | undefined,
): Forecast | undefined {
  const newest = window.at(-1);
  if (newest === undefined) return undefined;
  const origin = Math.min(now / 1000, newest.second + 1 + MAX_DELAY_SECONDS);
  const series = seriesOf(window);
  const level = lastValue(series);
  const motion = motionNow(series, 0, origin);
  const predictions = FORECASTERS.map((forecaster) =>
    forecaster === kinematicForecaster
      ? ahead(motion, series, horizonSeconds)
      : forecaster.predict(series, origin, horizonSeconds),
  );
  const members = scores === undefined ? unheard(predictions) : weighed(predictions, scores.losses, LEAST_LOSS * level);
  const known = { ...movingAs(motion), level, horizonSeconds };
  const together = members.reduce((sum, { weight, predicted }) => sum + weight * predicted, 0);
  if (scores?.surprised === false) return { ...known, predicted: together, error: scores.error, forecasters: members };
  const onset = onsetForecast(series, origin, horizonSeconds);
  const isHeard = scores === undefined || onset.predicted > together;
  return {
    ...known,
    predicted: isHeard ? onset.predicted : together,
    error: scores?.error ?? onset.error,
    forecasters: [
      ...(isHeard ? unheard(predictions, scores?.losses) : members),
      { name: ONSET, predicted: onset.predicted, loss: null, weight: isHeard ? 1 : 0 },
    ],
  };
}

function movingAs(motion: Motion) {
  const { slope, slopeStandardError, acceleration, accelerationStandardError, accelerationSignificant } = motion;
  return { slope, slopeStandardError, acceleration, accelerationStandardError, accelerationSignificant };
}

/** By products alone, whose results all machines have in common. */
function fifthPower(value: number): number {
  return value * value * (value * value) * value;
}

function unheard(predictions: readonly number[], losses?: readonly number[]): MemberForecast[] {
  return predictions.map((predicted, index) => ({
    name: FORECASTERS[index]!.name,
    predicted,
    loss: losses?.[index] ?? null,
    weight: 0,
  }));
}

function weighed(predictions: readonly number[], losses: readonly number[], leastLoss: number): MemberForecast[] {
  const least = Math.max(Math.min(...losses), leastLoss, Number.MIN_VALUE);
  const weights = losses.map((loss) => fifthPower(least / Math.max(loss, least)));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return predictions.map((predicted, index) => ({
    name: FORECASTERS[index]!.name,
    predicted,
    loss: losses[index]!,
    weight: weights[index]! / all,
  }));
}
