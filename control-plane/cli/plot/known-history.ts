/** The last part of a history, kept up to date by what is asked for anew. */
import type { KnownHistory } from './forecast-numbers.ts';

/**
 * What is known of the seconds from `from` (milliseconds since the epoch) on: of both, where `newer` knows nothing what `older` did.
 * Of another step than `older` it takes its place.
 */
export function joined(older: KnownHistory, newer: KnownHistory, from: number): KnownHistory {
  if (older.stepSeconds !== newer.stepSeconds) return newer;
  const step = newer.stepSeconds * 1000;
  const begin = Math.max(Date.parse(older.from), Math.floor(from / step) * step);
  const end = Date.parse(newer.from) + newer.points * step;
  const points = Math.max(0, Math.round((end - begin) / step));
  const names = new Set([...older.series, ...newer.series].map(({ name }) => name));
  return {
    from: new Date(begin).toISOString(),
    stepSeconds: newer.stepSeconds,
    points,
    series: [...names].map((name) => ({
      name,
      mean: Array.from({ length: points }, (_, index) => {
        const at = begin + index * step;
        return valueAt(newer, name, at) ?? valueAt(older, name, at) ?? null;
      }),
    })),
  };
}

function valueAt({ from, stepSeconds, series }: KnownHistory, name: string, at: number): number | null | undefined {
  const index = Math.round((at - Date.parse(from)) / (stepSeconds * 1000));
  return series.find((one) => one.name === name)?.mean[index];
}
