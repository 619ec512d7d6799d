/** What can look ahead: the small contract behind which forecasters stand side by side. */
import type { Series } from './least-squares.ts';

export interface Forecaster {
  /** Registered name, e.g. `kinematic`. */
  readonly name: string;
  /**
   * The demand `horizonSeconds` after `origin` (seconds of the control plane's clock, not before the newest of the series), in the
   * factor's unit.
   *
   * Pure: the same arguments give the same forecast to the bit. Finite, never negative, and never above
   * {@link MAX_GROWTH} times the largest value of the series, which has at least one.
   */
  predict(series: Series, origin: number, horizonSeconds: number): number;
}

/** Predicted demand never exceeds this many times the largest value of the window. */
const MAX_GROWTH = 3;

export function bounded(predicted: number, { largest }: Series): number {
  return Math.min(Math.max(0, predicted), MAX_GROWTH * largest);
}
