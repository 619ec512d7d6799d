/** The forecasters that expect no change: the load stays what it has just been, or what it was all along the window. */
import type { Forecaster } from './forecaster.ts';
import type { Series } from './least-squares.ts';

/** A single second of requests is mostly chance. */
const NEWEST_SECONDS = 4;

/** Right after a jump, when nobody knows how it goes on. */
export const lastValueForecaster: Forecaster = { name: 'last-value', predict: (series) => lastValue(series) };

/** Where the load only rushes about a level. */
export const windowMeanForecaster: Forecaster = {
  name: 'window-mean',
  predict: ({ totals }) => meanFrom(totals, 0),
};

/** Mean of the newest seconds of a series that has at least one. */
export function lastValue({ times, totals }: Series, seconds = NEWEST_SECONDS): number {
  const newest = times[times.length - 1]!;
  let first = times.length - 1;
  while (first > 0 && newest - times[first - 1]! < seconds) first -= 1;
  return meanFrom(totals, first);
}

function meanFrom(totals: Float64Array, first: number): number {
  let sum = 0;
  for (let index = first; index < totals.length; index += 1) sum += totals[index]!;
  return sum / (totals.length - first);
}
