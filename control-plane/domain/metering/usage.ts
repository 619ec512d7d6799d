/** What is metered for billing, and how an interval's share of it is spread over the hours of the clock. */

/** Amounts of one hour and service cluster. All are finite and not negative. */
export interface Usage {
  /** Seconds that instances existed, summed up over them. */
  readonly instanceSeconds: number;
  /** Seconds that instances were active (up), summed up over them. */
  readonly activeSeconds: number;
  readonly cpuSeconds: number;
  /** Working set × time. */
  readonly memoryByteSeconds: number;
  /** Requests that were answered, whatever their status. */
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Seconds in which at least one instance was active. */
  readonly upSeconds: number;
  /** Seconds in which instances were wanted and none was active. */
  readonly downSeconds: number;
}

export const USAGE_FIELDS = [
  'instanceSeconds',
  'activeSeconds',
  'cpuSeconds',
  'memoryByteSeconds',
  'requests',
  'bytesIn',
  'bytesOut',
  'upSeconds',
  'downSeconds',
] as const satisfies readonly (keyof Usage)[];

export const NO_USAGE = Object.freeze(Object.fromEntries(USAGE_FIELDS.map((field) => [field, 0]))) as unknown as Usage;

const HOUR_MILLISECONDS = 3_600_000;

export function addUsage(a: Usage, b: Partial<Usage>): Usage {
  const sum: Record<keyof Usage, number> = { ...a };
  for (const field in b) sum[field as keyof Usage] += b[field as keyof Usage] ?? 0;
  return sum;
}

/**
 * For whoever reads it: to a millionth, and to the 15 digits that a double holds. Sums of many reports end in what adding binary
 * fractions leaves behind (3266.781000000001). What is stored stays as it was added up.
 */
export function withoutNoise(usage: Usage): Usage {
  const entries = USAGE_FIELDS.map((field) => [field, Number(Number(usage[field].toFixed(6)).toPrecision(15))]);
  return Object.fromEntries(entries) as Usage;
}

/** Start of the hour that a time lies in; milliseconds since the epoch. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MILLISECONDS) * HOUR_MILLISECONDS;
}

/**
 * An amount that came about between `from` and `to` (milliseconds since the epoch), spread evenly over the hours that it
 * spans. The parts add up to it, but for rounding. Without duration all of it belongs to the hour of `to`.
 */
export function spread(amount: Partial<Usage>, from: number, to: number): { hour: number; amount: Partial<Usage> }[] {
  const duration = to - from;
  if (!(duration > 0)) return [{ hour: hourOf(to), amount }];
  // Nearly always it is within one.
  if (to <= hourOf(from) + HOUR_MILLISECONDS) return [{ hour: hourOf(from), amount }];
  const parts: { hour: number; amount: Partial<Usage> }[] = [];
  for (let hour = hourOf(from); hour < to; hour += HOUR_MILLISECONDS) {
    const share = (Math.min(to, hour + HOUR_MILLISECONDS) - Math.max(from, hour)) / duration;
    if (share <= 0) continue;
    const fields = USAGE_FIELDS.filter((field) => amount[field] !== undefined);
    parts.push({ hour, amount: Object.fromEntries(fields.map((field) => [field, amount[field]! * share])) });
  }
  return parts;
}
