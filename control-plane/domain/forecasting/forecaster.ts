/** What can look ahead: the small contract behind which forecasters are exchanged. */
import type { Forecast, WindowSecond } from '../autoscaling/decision.ts';

export interface Forecaster {
  /** Registered name, e.g. `kinematic`. */
  readonly name: string;
  /**
   * The demand at `now` + `horizonSeconds`, from the seconds of a window (oldest first).
   *
   * Pure: the same arguments give the same forecast to the bit. All figures are finite and `predicted` is never negative.
   * `undefined` when the window says nothing (it is empty); that means "do not act", not zero.
   */
  forecast(window: readonly WindowSecond[], now: number, horizonSeconds: number): Forecast | undefined;
}
