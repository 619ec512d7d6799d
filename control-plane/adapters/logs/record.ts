/**
 * One entry of a segment file: a JSON object with one-letter keys and a line feed. The sequence comes first, so that a reader
 * can skip what it does not want without parsing it.
 *
 *     {"s":12,"t":1767225600000,"l":"warn","a":"web","i":"01k…","r":7,"o":"stdout","x":"the text"}
 *     {"s":13,"t":1767225600100,"d":5000,"a":"web","i":"01k…","c":"rate-limit","n":1234}
 *
 * `d` is how much later than `t` the entry was received, in milliseconds, where that is a second or more: entries are in the
 * order of their receipt. Quotes within values are escaped, so that `"l":"warn"` or `"c":` is found in the bytes only where
 * it means that.
 */
import { isLogLevel } from '../../domain/logs/level.ts';
import type { LogGap, LogLine, NewLogEntry } from '../../domain/logs/entry.ts';

export const LINE_FEED = 0x0a;
const START = Buffer.from('{"s":');
/** A delay below this is left out. */
const TOLD_DELAY_MILLISECONDS = 1000;

/** What a search looks for in the bytes of an entry, to parse only those that it may want. */
export const MARKS = {
  gap: '"c":"',
  level: (level: string) => `"l":"${level}"`,
  alias: (alias: string) => `"a":"${alias}"`,
  release: (release: number) => `"r":${release},`,
  stream: (stream: string) => `"o":"${stream}"`,
} as const;

/** @param receivedAt by the clock that writes; milliseconds since the epoch. */
export function encodeEntry(sequence: number, entry: NewLogEntry, receivedAt: number): string {
  const delay = entry.at === null ? 0 : Math.round(receivedAt - entry.at);
  const late = delay >= TOLD_DELAY_MILLISECONDS ? { d: delay } : {};
  if (entry.kind === 'gap') {
    const { at, alias, instance, cause, lines } = entry;
    return `${JSON.stringify({ s: sequence, t: at ?? receivedAt, ...late, a: alias, i: instance, c: cause, n: lines })}\n`;
  }
  const { at, level, alias, instance, release, stream, text } = entry;
  const severity = level === null ? {} : { l: level };
  const ran = release === null ? {} : { r: release };
  return `${JSON.stringify({ s: sequence, t: at, ...late, ...severity, a: alias, i: instance, ...ran, o: stream, x: text })}\n`;
}

/** An explicit gap covers its own sequence only; what comes before it is the reader's to see. */
export type StoredEntry = LogLine | Omit<LogGap, 'after'>;

/** `undefined` for what is not a whole entry of ours (cut off by a crash, or damaged). */
export function decodeEntry(line: Buffer): StoredEntry | undefined {
  if (sequenceOf(line) === undefined) return undefined;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line.toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { s, t, l, a, i, r, o, x, c, n } = value;
  if (typeof s !== 'number' || typeof t !== 'number') return undefined;
  if (typeof c === 'string') {
    const lines = typeof n === 'number' ? n : null;
    return { kind: 'gap', sequence: s, at: t, alias: textOrNull(a), instance: textOrNull(i), cause: c, lines };
  }
  const level = isLogLevel(l) ? l : null;
  const release = typeof r === 'number' ? r : null;
  const [alias, instance, stream, text] = [String(a), String(i), String(o), String(x)];
  return { kind: 'line', sequence: s, at: t, level, alias, instance, release, stream, text };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The sequence of an entry, read from its first bytes. */
export function sequenceOf(line: Buffer): number | undefined {
  return numberAfter(line, START, 0);
}

const TIME = Buffer.from(',"t":');
const DELAY = Buffer.from(',"d":');

/** Latest time at which an entry can have been received, read from its first bytes. */
export function receivedBy(line: Buffer): number | undefined {
  const time = line.indexOf(TIME);
  if (time < 0 || time > 32) return undefined;
  const at = numberAfter(line, TIME, time);
  const delay = line.indexOf(DELAY, time);
  const late = delay < 0 || delay > time + 32 ? undefined : numberAfter(line, DELAY, delay);
  return at === undefined ? undefined : at + (late ?? TOLD_DELAY_MILLISECONDS);
}

function numberAfter(line: Buffer, mark: Buffer, offset: number): number | undefined {
  const start = offset + mark.length;
  if (!line.subarray(offset, start).equals(mark)) return undefined;
  const value = Number.parseInt(line.toString('latin1', start, start + 17), 10);
  return Number.isSafeInteger(value) ? value : undefined;
}
