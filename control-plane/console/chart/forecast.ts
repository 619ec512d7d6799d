/** The shape in which a forecast is drawn ahead of now. */

/** Of one factor, as the API's type `Forecast` says it, in the factor's unit. */
export interface Forecast {
  readonly level: number;
  readonly slope: number;
  readonly acceleration: number;
  readonly predicted: number;
  readonly error: number;
  readonly horizonSeconds: number;
}

export interface ForecastPoint {
  /** After now. */
  readonly seconds: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const POINTS = 12;

/**
 * From the level now to what is predicted at the horizon, bent as the scaling equation level + u·t + ½·a·t² bends. What is stated is the end:
 * the way there is that of the equation, led to the prediction evenly. The interval is one standard error of the prediction to each side
 * at the horizon, and widens evenly from none at now.
 *
 * @param offset is added to each value: what does not divide among instances, in the factor's unit
 */
export function forecastPath(forecast: Forecast, offset: number): ForecastPoint[] {
  const { level, slope, acceleration, predicted, error, horizonSeconds: horizon } = forecast;
  if (!(horizon > 0)) return [];
  const equation = (t: number): number => level + slope * t + 0.5 * acceleration * t * t;
  const astray = predicted - equation(horizon);
  return Array.from({ length: POINTS + 1 }, (_, index) => {
    const share = index / POINTS;
    const seconds = share * horizon;
    const value = Math.max(0, index === POINTS ? predicted : equation(seconds) + astray * share);
    const half = error * share;
    return { seconds, value: value + offset, low: Math.max(0, value - half) + offset, high: value + half + offset };
  });
}
