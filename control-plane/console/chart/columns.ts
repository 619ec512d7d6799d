/** What is drawn: one time column, and a column for each line, in the unit of the chosen factor. */
import type { ForecastPoint } from './forecast.ts';
import type { Shown } from './history-store.ts';

export type Line = (number | null)[];

interface Lines {
  /** Means of the steps. */
  readonly demand: Line;
  /** Largest values of the steps, where these are longer than a second. */
  readonly peak: Line;
  /** What the instances that are ready carry at the target. */
  readonly ready: Line;
  /** With those that are starting. */
  readonly coming: Line;
  /** What the instances that are wanted carry at the target. */
  readonly target: Line;
  readonly forecast: Line;
  readonly low: Line;
  readonly high: Line;
}

/** In the order in which they are drawn: what is ready covers what is wanted where both are the same. */
export const LINE_NAMES = ['target', 'coming', 'ready', 'peak', 'demand', 'forecast', 'low', 'high'] as const;

export interface Columns {
  readonly step: number;
  /** When each step begins, in seconds since 1970; then times ahead. */
  readonly times: number[];
  readonly lines: Lines;
  /** Rows of the past; those behind are of the forecast. */
  readonly past: number;
  /** Instances, by row of the past. */
  readonly instances: { readonly ready: Line; readonly starting: Line; readonly wanted: Line };
}

/** What is known of the moment, and of what comes. */
export interface Ahead {
  /** Seconds since 1970. */
  readonly now: number;
  readonly path: readonly ForecastPoint[];
  readonly active: number;
  readonly starting: number;
  readonly wanted: number;
}

/**
 * @param factor name of the series that is shown
 * @param target what one instance carries, in the factor's unit; null: it is no factor, and there is no capacity
 */
export function columnsOf(shown: Shown, factor: string, target: number | null, ahead: Ahead | null): Columns {
  const { step, times } = shown;
  const demand = shown.of(factor);
  const ready = shown.of('instances.active').mean;
  const starting = shown.of('instances.starting').mean;
  const wanted = shown.of('instances.wanted').mean;
  const carried = (counts: Line): Line =>
    counts.map((count) => (count === null || target === null ? null : count * target));
  const nothing = (): Line => new Array<null>(times.length).fill(null);
  const lines: Lines = {
    demand: demand.mean,
    peak: step === 1 ? nothing() : demand.maximum,
    ready: carried(ready),
    coming: carried(ready.map((count, index) => (count === null ? null : count + (starting[index] ?? 0)))),
    target: carried(wanted),
    forecast: nothing(),
    low: nothing(),
    high: nothing(),
  };
  const past = times.length;
  const all = [...times];
  if (ahead !== null) append(lines, all, target, ahead);
  return { step, times: all, lines, past, instances: { ready, starting, wanted } };
}

function append(lines: Lines, times: number[], target: number | null, ahead: Ahead): void {
  const begin = Math.max(ahead.now, (times.at(-1) ?? 0) + 0.001);
  const coming = target === null ? null : (ahead.active + ahead.starting) * target;
  const wanted = target === null ? null : ahead.wanted * target;
  for (const { seconds, value, low, high } of ahead.path) {
    times.push(begin + seconds);
    for (const line of [lines.demand, lines.peak, lines.ready]) line.push(null);
    lines.coming.push(coming);
    lines.target.push(wanted);
    lines.forecast.push(value);
    lines.low.push(low);
    lines.high.push(high);
  }
}

/** The row whose time is nearest; null without any. */
export function nearestRow({ times }: Pick<Columns, 'times'>, at: number): number | null {
  if (times.length === 0) return null;
  let low = 0;
  let high = times.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= at) low = middle;
    else high = middle;
  }
  return at - times[low]! <= times[high]! - at ? low : high;
}

/** Rows that lie within a view: the first, and the one behind the last. */
export function rowsWithin({ times }: Pick<Columns, 'times'>, from: number, to: number): [number, number] {
  const first = times.findIndex((time) => time >= from);
  if (first === -1) return [times.length, times.length];
  const end = times.findIndex((time) => time > to);
  return [first, end === -1 ? times.length : end];
}
