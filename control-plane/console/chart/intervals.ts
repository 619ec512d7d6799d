/** Sets of time: half-open spans [from, to) in seconds since 1970, in order, that neither touch nor overlap. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export type Intervals = readonly Interval[];

/** With one more span. */
export function add(intervals: Intervals, { from, to }: Interval): Intervals {
  if (!(to > from)) return intervals;
  const before = intervals.filter((other) => other.to < from);
  const after = intervals.filter((other) => other.from > to);
  const touched = intervals.slice(before.length, intervals.length - after.length);
  const joined = {
    from: Math.min(from, touched[0]?.from ?? from),
    to: Math.max(to, touched.at(-1)?.to ?? to),
  };
  return [...before, joined, ...after];
}

/** Without what lies in a span. */
export function without(intervals: Intervals, span: Interval): Intervals {
  return intervals.flatMap((interval) => [
    ...(interval.from < span.from ? [{ from: interval.from, to: Math.min(interval.to, span.from) }] : []),
    ...(interval.to > span.to ? [{ from: Math.max(interval.from, span.to), to: interval.to }] : []),
  ]);
}

/** What of a span lies in none of them. */
export function missingOf(intervals: Intervals, span: Interval): Intervals {
  let missing: Intervals = span.to > span.from ? [span] : [];
  for (const interval of intervals) missing = without(missing, interval);
  return missing;
}

/** Seconds of a span that lie in them. */
export function lengthWithin(intervals: Intervals, span: Interval): number {
  return intervals.reduce(
    (sum, { from, to }) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)),
    0,
  );
}
