/**
 * One line of a segment file: a JSON object with one-letter keys and a line feed. The sequence comes first, so that a reader
 * can skip what it does not want without parsing it.
 */
import type { LogLine } from '../../app/use-cases.ts';

export const LINE_FEED = 0x0a;
const START = Buffer.from('{"s":');

export function encodeLine({ sequence, at, alias, instance, stream, text }: LogLine): string {
  return `${JSON.stringify({ s: sequence, t: at, a: alias, i: instance, o: stream, x: text })}\n`;
}

/** `undefined` for what is not a whole line of ours (cut off by a crash, or damaged). */
export function decodeLine(line: Buffer): LogLine | undefined {
  if (sequenceOf(line) === undefined) return undefined;
  try {
    const { s, t, a, i, o, x } = JSON.parse(line.toString('utf8')) as Record<string, unknown>;
    if (typeof s !== 'number' || typeof t !== 'number') return undefined;
    return { sequence: s, at: t, alias: String(a), instance: String(i), stream: String(o), text: String(x) };
  } catch (error) {
    if ((error as Error).name === 'SyntaxError') return undefined;
    throw error;
  }
}

/** The sequence of a line, read from its first bytes. */
export function sequenceOf(line: Buffer): number | undefined {
  if (!line.subarray(0, START.length).equals(START)) return undefined;
  const sequence = Number.parseInt(line.toString('latin1', START.length, START.length + 16), 10);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}
