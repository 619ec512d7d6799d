/** The load that the demo drives: a day squeezed into three minutes, or a recorded trace squeezed likewise. */
import { CartwrightError } from '../app/errors.ts';

/** Requests per second at a time of the demo, in seconds from its beginning. */
export interface Trace {
  readonly name: string;
  readonly seconds: number;
  /** 0 before the beginning and after the end. */
  rateAt(seconds: number): number;
}

interface Point {
  readonly t: number;
  readonly rate: number;
}

/** Shares of the length and of the peak: calm night, steep morning, a full day, a spike, the evening's fall. */
const DAY: readonly Point[] = [
  { t: 0, rate: 0.06 },
  { t: 0.14, rate: 0.08 },
  { t: 0.28, rate: 0.68 },
  { t: 0.46, rate: 0.74 },
  { t: 0.62, rate: 0.7 },
  { t: 0.66, rate: 1 },
  { t: 0.71, rate: 1 },
  { t: 0.75, rate: 0.66 },
  { t: 0.86, rate: 0.1 },
  { t: 1, rate: 0.06 },
];

export function generatedDay(seconds: number, peakRate: number): Trace {
  return fromPoints(
    'a generated day',
    DAY.map(({ t, rate }) => ({ t: t * seconds, rate: rate * peakRate })),
    seconds,
  );
}

function fromPoints(name: string, points: readonly Point[], seconds: number): Trace {
  return {
    name,
    seconds,
    rateAt(at) {
      if (at < 0 || at >= seconds) return 0;
      const next = points.findIndex((point) => point.t > at);
      const b = points[next] ?? points.at(-1)!;
      const a = points[next - 1] ?? b;
      const share = b.t === a.t ? 1 : (at - a.t) / (b.t - a.t);
      return a.rate + Math.min(1, Math.max(0, share)) * (b.rate - a.rate);
    },
  };
}

const HEADER = 't_seconds,requests_per_second';

/**
 * Reads `t_seconds,requests_per_second`, squeezes its length into `seconds` and its highest rate to `peakRate`.
 * Throws `TRACE_INVALID` naming file and line.
 */
export function parseTrace(text: string, fileName: string, seconds: number, peakRate: number): Trace {
  const fail = (line: number, what: string): never => {
    throw new CartwrightError('TRACE_INVALID', `${fileName}:${line}: ${what}`);
  };
  const lines = text.split(/\r?\n/);
  const header = lines[0]?.replace(/^\uFEFF/, '').trim() ?? '';
  if (header !== HEADER) fail(1, `expected the header "${HEADER}", found "${header.slice(0, 80)}"`);
  const points: Point[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue;
    points.push(parsePoint(line, points.at(-1), (what) => fail(index + 1, what)));
  }
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2)
    return fail(lines.length, 'expected at least two samples');
  const highest = points.reduce((most, point) => Math.max(most, point.rate), 0);
  if (highest === 0) return fail(lines.length, 'every rate is 0; there is no load to drive');
  const squeezed = points.map(({ t, rate }) => ({
    t: ((t - first.t) / (last.t - first.t)) * seconds,
    rate: (rate / highest) * peakRate,
  }));
  return fromPoints(fileName, average(squeezed, seconds), seconds);
}

function parsePoint(line: string, before: Point | undefined, fail: (what: string) => never): Point {
  const cells = line.split(',').map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
  const [t = Number.NaN, rate = Number.NaN] = cells;
  if (cells.length !== 2 || !Number.isFinite(t) || !Number.isFinite(rate))
    return fail(`expected two numbers, found "${line.slice(0, 80)}"`);
  if (rate < 0) return fail(`a rate of ${rate} requests per second is negative`);
  if (before !== undefined && t <= before.t)
    return fail(`time ${t} s does not come after ${before.t} s; sort the file by time`);
  return { t, rate };
}

/** One point a quarter of a second: the mean of the samples in it, or what lies between its neighbours. */
function average(points: readonly Point[], seconds: number): Point[] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const { t, rate } of points) {
    const slot = Math.min(Math.floor(t * 4), Math.ceil(seconds * 4) - 1);
    const entry = sums.get(slot) ?? { sum: 0, count: 0 };
    sums.set(slot, { sum: entry.sum + rate, count: entry.count + 1 });
  }
  return [...sums].sort(([a], [b]) => a - b).map(([slot, { sum, count }]) => ({ t: slot / 4, rate: sum / count }));
}
