/** What the crosshair says: exact values of one row, with their units. */
import type { Columns } from './columns.ts';
import { quantityOf } from './factors.ts';
import { formatFigure, formatMoment } from './format.ts';

export interface Reading {
  readonly name: string;
  readonly value: string;
}

/**
 * @param factor name of what is shown
 * @param timeZone of IANA; the reader's own if absent
 * @returns the time, and what is known at it; what is not known is not among it
 */
export function readingsOf(
  columns: Columns,
  row: number,
  factor: string,
  timeZone?: string,
): { readonly time: string; readonly readings: readonly Reading[] } {
  const { lines, step, past, instances } = columns;
  const { title, unit } = quantityOf(factor);
  const at = columns.times[row]!;
  const figure = (value: number): string => `${formatFigure(value)}${unit}`;
  const reading = (name: string, value: number | null | undefined, write = figure): Reading[] =>
    value === null || value === undefined ? [] : [{ name, value: write(value) }];
  const moment = formatMoment(at, timeZone);
  if (row >= past) {
    const forecast = lines.forecast[row];
    const error = (lines.high[row] ?? 0) - (forecast ?? 0);
    return {
      time: `${moment} (ahead)`,
      readings: [
        ...reading('Forecast', forecast, (value) => `${figure(value)} ± ${figure(error)}`),
        ...reading('Capacity, ready and starting', lines.coming[row]),
        ...reading('Target', lines.target[row]),
      ],
    };
  }
  const carried = (count: number | null | undefined, line: number | null | undefined): Reading['value'] | null => {
    if (count === null || count === undefined) return null;
    const number = `${formatFigure(count)} ${count === 1 ? 'instance' : 'instances'}`;
    return line === null || line === undefined ? number : `${number}, ${figure(line)}`;
  };
  const counted = (name: string, count: number | null | undefined, line: number | null | undefined): Reading[] => {
    const value = carried(count, line);
    return value === null ? [] : [{ name, value }];
  };
  const starting = instances.starting[row];
  return {
    time: step === 1 ? moment : `${moment} and the ${formatStep(step)} from there`,
    readings: [
      ...reading(step === 1 ? title : `${title}, mean`, lines.demand[row]),
      ...reading('Most', lines.peak[row]),
      ...counted('Ready', instances.ready[row], lines.ready[row]),
      ...(starting === 0 ? [] : counted('Starting', starting, null)),
      ...counted('Wanted', instances.wanted[row], lines.target[row]),
    ],
  };
}

/** "10 s", "5 min", "1 h". */
export function formatStep(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3_600 ? `${seconds / 60} min` : `${seconds / 3_600} h`;
}
