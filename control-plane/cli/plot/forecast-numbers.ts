/** The numbers behind the plot of a forecast: what was, what is foreseen, and what the instances carry. */

/** One quantity of a history, as the API gives it; null where nothing is known. */
interface Series {
  readonly name: string;
  readonly mean: readonly (number | null)[];
}

export interface KnownHistory {
  /** RFC 3339. */
  readonly from: string;
  readonly stepSeconds: number;
  readonly points: number;
  readonly series: readonly Series[];
}

/** A factor of a service cluster now, as the API gives it. */
export interface KnownFactor {
  readonly name: string;
  readonly target: number;
  readonly capacity: number;
  readonly forecast: {
    readonly level: number;
    readonly slope: number;
    readonly acceleration: number;
    readonly predicted: number;
    readonly error: number;
    readonly horizonSeconds: number;
  } | null;
}

export interface KnownLive {
  /** RFC 3339. */
  readonly at: string;
  readonly wanted: number;
  readonly active: number;
  readonly starting: number;
  readonly factors: readonly KnownFactor[];
}

/** `forecast -o json` prints it; documented in docs/cli.md. All demand in the factor's own unit. */
export interface ForecastNumbers {
  readonly factor: string;
  readonly target: number;
  /** Now. */
  readonly at: string;
  readonly instances: { readonly wanted: number; readonly active: number; readonly starting: number };
  /** What the instances carry at the target: those that serve, and those with what is starting. */
  readonly capacity: { readonly ready: number; readonly withStarting: number };
  readonly observed: {
    readonly from: string;
    readonly stepSeconds: number;
    readonly demand: readonly (number | null)[];
    /** What the instances of then carried, at the target of today. */
    readonly ready: readonly (number | null)[];
    readonly withStarting: readonly (number | null)[];
  };
  /** Null: too little is known for one. */
  readonly forecast: Forecast | null;
}

interface Forecast {
  readonly level: number;
  readonly slope: number;
  readonly acceleration: number;
  readonly horizonSeconds: number;
  readonly predicted: number;
  /** One standard error of `predicted`. */
  readonly error: number;
  /** From now to the horizon, second by second. */
  readonly path: readonly {
    readonly seconds: number;
    readonly demand: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** Most points of a path. */
const MOST_POINTS = 120;

/** The factor that is closest to what is ready, or beyond it; `undefined` where there is none. */
export function tightestFactor(factors: readonly KnownFactor[]): KnownFactor | undefined {
  const use = ({ forecast, capacity }: KnownFactor): number =>
    forecast === null ? -1 : forecast.predicted / Math.max(capacity, Number.MIN_VALUE);
  return factors.reduce<KnownFactor | undefined>(
    (best, factor) => (best === undefined || use(factor) > use(best) ? factor : best),
    undefined,
  );
}

export function forecastNumbers(factor: KnownFactor, live: KnownLive, history: KnownHistory): ForecastNumbers {
  const { name, target, capacity, forecast } = factor;
  const { wanted, active, starting } = live;
  const seriesOf = (of: string): readonly (number | null)[] =>
    history.series.find((series) => series.name === of)?.mean ?? Array.from({ length: history.points }, () => null);
  const [ready, begun] = [seriesOf('instances.active'), seriesOf('instances.starting')];
  return {
    factor: name,
    target,
    at: live.at,
    instances: { wanted, active, starting },
    capacity: { ready: capacity, withStarting: capacity + starting * target },
    observed: {
      from: history.from,
      stepSeconds: history.stepSeconds,
      demand: seriesOf(name),
      ready: ready.map((count) => (count === null ? null : count * target)),
      withStarting: ready.map((count, index) => (count === null ? null : (count + (begun[index] ?? 0)) * target)),
    },
    forecast: forecast === null ? null : { ...forecast, path: pathOf(forecast) },
  };
}

/**
 * From the level now to what is predicted at the horizon, in the shape of the scaling equation (u·t + ½·a·t²) where that leads the
 * same way, and straight where it does not; the error grows with the time ahead.
 */
function pathOf(forecast: NonNullable<KnownFactor['forecast']>): Forecast['path'] {
  const { level, slope, acceleration, predicted, error, horizonSeconds } = forecast;
  const added = (seconds: number): number => slope * seconds + (acceleration * seconds ** 2) / 2;
  const whole = added(horizonSeconds);
  const isShaped = whole * (predicted - level) > 0;
  const points = Math.max(1, Math.min(MOST_POINTS, Math.round(horizonSeconds)));
  return Array.from({ length: points + 1 }, (_, index) => {
    const seconds = (horizonSeconds * index) / points;
    const share = isShaped ? added(seconds) / whole : index / points;
    const demand = Math.max(0, level + (predicted - level) * share);
    const spread = (error * index) / points;
    return { seconds, demand, low: Math.max(0, demand - spread), high: demand + spread };
  });
}
