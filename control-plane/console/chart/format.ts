/** Figures and times as a chart writes them. */

/** "1,234.5", "0.031": as many digits as say something. */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  const digits = size >= 1_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return Number(value.toFixed(digits)).toLocaleString('en', { maximumFractionDigits: digits });
}

/** The ticks of an axis, all with as many digits as tell them apart. "1.2k", "3M" from a thousand on. @param unit with its space */
export function formatTicks(values: readonly number[], unit: string): string[] {
  const most = Math.max(...values.map(Math.abs), 0);
  const scale = SCALES.find(({ from }) => most >= from) ?? { divisor: 1, suffix: '' };
  const gap = values.length > 1 ? Math.abs(values[1]! - values[0]!) / scale.divisor : 1;
  const digits = DIGITS.find((count) => isWhole(gap * 10 ** count)) ?? DIGITS.at(-1)!;
  return values.map((value) => `${(value / scale.divisor).toFixed(digits)}${scale.suffix}${unit}`);
}

const DIGITS = [0, 1, 2, 3, 4, 5, 6] as const;

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6 && Math.round(value) > 0;
}

const SCALES = [
  { from: 10_000_000, divisor: 1_000_000, suffix: 'M' },
  { from: 10_000, divisor: 1_000, suffix: 'k' },
] as const;

const DAY = 86_400;

/**
 * The ticks of a time axis: the time of day as finely as they are apart, with the day at the first and where it changes.
 * @param seconds since 1970
 * @param timeZone of IANA; the reader's own if absent
 */
export function formatTimes(seconds: readonly number[], timeZone?: string): string[] {
  const gap = seconds.length > 1 ? seconds[1]! - seconds[0]! : 60;
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = new Intl.DateTimeFormat('en-GB', {
    ...zone,
    hour: '2-digit',
    minute: '2-digit',
    ...(gap < 60 ? { second: '2-digit' } : {}),
  });
  const day = new Intl.DateTimeFormat('en-GB', { ...zone, day: 'numeric', month: 'short' });
  let before = '';
  return seconds.map((second) => {
    const date = new Date(second * 1_000);
    const today = day.format(date);
    const isNew = today !== before;
    before = today;
    if (gap >= DAY) return today;
    return isNew ? `${time.format(date)}\n${today}` : time.format(date);
  });
}

/** A moment to the second, with its day. @param seconds since 1970 */
export function formatMoment(seconds: number, timeZone?: string): string {
  return new Date(seconds * 1_000).toLocaleString('en-GB', {
    ...(timeZone === undefined ? {} : { timeZone }),
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
