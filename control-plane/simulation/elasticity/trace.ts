/**
 * A workload trace: requests per second over time. CSV with the header `t_seconds,requests_per_second`; the value is the mean rate over
 * [t, t + step), the step the same from line to line. Further columns are further service clusters.
 */

/** Longest trace that is taken, in lines and in seconds (more than a year). */
const MOST_LINES = 5_000_000;
const MOST_SECONDS = 40_000_000;
/** A rate above this is a mistake of whoever wrote it down. */
const HIGHEST_RATE = 10_000_000;
/** Not what else JavaScript takes for a number, such as 0x10. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

export interface Trace {
  readonly name: string;
  readonly stepSeconds: number;
  /** Requests per second, one for each step. */
  readonly rates: Float64Array;
}

/** What is wrong with a trace, and in which line. */
export class TraceError extends Error {
  readonly code = 'TRACE_INVALID';
  constructor(file: string, line: number, what: string) {
    super(`${file}:${line}: ${what}`);
    this.name = 'TraceError';
  }
}

export function secondsOf({ stepSeconds, rates }: Trace): number {
  return stepSeconds * rates.length;
}

/** At the second `t` since the beginning, 0 ≤ t < {@link secondsOf}. */
export function rateAt({ stepSeconds, rates }: Trace, t: number): number {
  return rates[Math.floor(t / stepSeconds)]!;
}

export function highestRate({ rates }: Trace): number {
  let highest = 0;
  for (const rate of rates) if (rate > highest) highest = rate;
  return highest;
}

/** Every rate times `factor`. */
export function scaled(trace: Trace, factor: number): Trace {
  return { ...trace, rates: trace.rates.map((rate) => rate * factor) };
}

/** A part of a trace: where it begins, in seconds or as a share of its length, and how long it is. */
export interface TracePart {
  readonly from: { readonly seconds: number } | { readonly share: number };
  readonly seconds: number;
}

/** In whole steps; time begins anew at 0. A trace that ends before such a part does is left whole. */
export function partOf(trace: Trace, { from, seconds }: TracePart): Trace {
  const { stepSeconds, rates } = trace;
  const begin = Math.floor(('share' in from ? from.share * secondsOf(trace) : from.seconds) / stepSeconds);
  const end = begin + Math.ceil(seconds / stepSeconds);
  return end > rates.length ? trace : { ...trace, rates: rates.slice(begin, end) };
}

/**
 * The same load second by second, without jumps between the steps that nobody has seen: straight lines from the middle of each step to that of
 * the next, then each step times what gives it its mean again. So every step keeps its mean, and zero stays zero; where the
 * means of neighbours differ a lot, a small jump is left between them.
 */
export function smoothed({ name, stepSeconds, rates }: Trace): Trace {
  if (stepSeconds === 1) return { name, stepSeconds, rates };
  const seconds = new Float64Array(stepSeconds * rates.length);
  for (const [step, rate] of rates.entries()) {
    const from = step * stepSeconds;
    let sum = 0;
    for (let second = 0; second < stepSeconds; second += 1) {
      const middle = (second + 0.5) / stepSeconds - 0.5;
      const neighbour = rates[middle < 0 ? Math.max(0, step - 1) : Math.min(rates.length - 1, step + 1)]!;
      const value = rate + (neighbour - rate) * Math.abs(middle);
      seconds[from + second] = value;
      sum += value;
    }
    const factor = sum === 0 ? 0 : (rate * stepSeconds) / sum;
    for (let second = from; second < from + stepSeconds; second += 1) seconds[second]! *= factor;
  }
  return { name, stepSeconds: 1, rates: seconds };
}

/**
 * One trace for each column after the first, named `name` where there is one and `name:column` where there are several.
 *
 * @param file as it is called in errors
 * Throws {@link TraceError}.
 */
export function parseTraces(text: string, name: string, file: string): Trace[] {
  const lines = text.split('\n');
  // What an editor leaves at the end is no line.
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  if (lines.length - 1 > MOST_LINES)
    throw new TraceError(file, MOST_LINES + 2, `more than ${MOST_LINES} lines; take longer steps, or a part of it`);
  const columns = headerOf(lines[0], file);
  if (lines.length < 3)
    throw new TraceError(
      file,
      lines.length + 1,
      'the step is the time between two lines, and there are fewer; add what follows',
    );
  const rates = columns.map(() => new Float64Array(lines.length - 1));
  const times: [number, number] = [0, 0];
  let stepSeconds = 0;
  for (let index = 1; index < lines.length; index += 1) {
    const fields = lines[index]!.split(',');
    const line = index + 1;
    if (lines[index]!.trim() === '') throw new TraceError(file, line, 'the line is empty; take it out');
    if (fields.length !== columns.length + 1)
      throw new TraceError(file, line, `${fields.length} values where the header has ${columns.length + 1}`);
    const t = numberOf(fields[0]!, file, line, 't_seconds');
    if (index === 2) stepSeconds = stepOf(t - times[1], file, line);
    if (index > 2) checkStep(t - times[1], stepSeconds, file, line);
    times[1] = t;
    for (let column = 0; column < columns.length; column += 1)
      rates[column]![index - 1] = rateOf(fields[column + 1]!, file, line, columns[column]!);
  }
  if (stepSeconds * (lines.length - 1) > MOST_SECONDS)
    throw new TraceError(file, lines.length, `it is longer than ${MOST_SECONDS} s`);
  return rates.map((values, index) => ({
    name: columns.length === 1 ? name : `${name}:${columns[index]}`,
    stepSeconds,
    rates: values,
  }));
}

/** Names of the columns after the first. */
function headerOf(header: string | undefined, file: string): string[] {
  const [first, ...columns] = (header ?? '')
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((field) => field.trim());
  const isOne = columns.length === 1 && columns[0] === 'requests_per_second';
  const areMany = columns.length > 1 && columns.every((column) => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(column));
  if (first !== 't_seconds' || !(isOne || areMany))
    throw new TraceError(
      file,
      1,
      'expected the header t_seconds,requests_per_second, or t_seconds and a name of letters, digits, "_" and "-" for each of several columns',
    );
  if (new Set(columns).size < columns.length) throw new TraceError(file, 1, 'a column has the name of another one');
  // They become names of files.
  return columns.map((column) => column.replace(/_rps$/, ''));
}

function stepOf(step: number, file: string, line: number): number {
  if (step <= 0) throw new TraceError(file, line, 'the time does not grow; sort the lines by t_seconds');
  if (!Number.isInteger(step))
    throw new TraceError(file, line, `a step of ${step} s; expected whole seconds, at least 1`);
  return step;
}

function checkStep(found: number, step: number, file: string, line: number): void {
  if (found === step) return;
  const what =
    found <= 0
      ? 'the time does not grow; sort the lines by t_seconds'
      : `${found} s after the line before, where the step is ${step} s; fill the gap, with 0 if nothing was asked`;
  throw new TraceError(file, line, what);
}

function rateOf(field: string, file: string, line: number, column: string): number {
  const rate = numberOf(field, file, line, column);
  if (rate < 0)
    throw new TraceError(file, line, `${column} is ${rate}; a rate is not below 0, and 0 if nothing was asked`);
  if (rate > HIGHEST_RATE)
    throw new TraceError(
      file,
      line,
      `${column} is ${rate}; more than ${HIGHEST_RATE} is not taken, so give rates per second, or scale all of them down`,
    );
  return rate;
}

function numberOf(field: string, file: string, line: number, column: string): number {
  const text = field.trim();
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new TraceError(file, line, `${column} is "${text.slice(0, 40)}", not a number`);
  return value;
}
