/** Whether an entry is one that a filter asks for, and where in a block of bytes such entries may stand. */
import { RE2JS, RE2JSException } from 're2js';
import { isAtLeast } from '../../domain/logs/level.ts';
import { LOG_LEVELS } from '../../../schema/mqtt/log.ts';
import type { LogFilter } from '../../app/ports/logs.ts';
import type { LogLine } from '../../domain/logs/entry.ts';
import { MARKS, type StoredEntry } from './record.ts';

/** A pattern that is none; the message says why. */
export class PatternError extends Error {}

export type Matcher = (entry: StoredEntry) => boolean;

/** Throws {@link PatternError}. */
export function matcherOf(filter: LogFilter): Matcher {
  const { alias, instance, from = -Infinity, to = Infinity } = filter;
  const says = lineMatcherOf(filter);
  return (entry) => {
    if (entry.at !== null && (entry.at < from || entry.at >= to)) return false;
    if (alias !== undefined && entry.alias !== null && entry.alias !== alias) return false;
    if (instance !== undefined && entry.instance !== null && !entry.instance.endsWith(instance)) return false;
    return entry.kind === 'gap' || says(entry);
  };
}

/** What only a line can be asked. */
function lineMatcherOf({ stream, release, text, level, pattern }: LogFilter): (line: LogLine) => boolean {
  const literal = text === undefined ? undefined : literalOf(text);
  const expression = pattern === undefined ? undefined : compile(pattern);
  return (line) =>
    (stream === undefined || line.stream === stream) &&
    (release === undefined || line.release === release) &&
    (level === undefined || isAtLeast(line.level, level)) &&
    literal?.test(line.text) !== false &&
    expression?.test(line.text) !== false;
}

/** RE2's: linear in the text, whatever the pattern. */
function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException || error instanceof RangeError)
      throw new PatternError(error.message, { cause: error });
    throw error;
  }
}

/** A fixed text: no pattern of a person's ever gets to the engine that backtracks. */
function literalOf(text: string, flags = 'i'): RegExp {
  return new RegExp(wellFormed(text).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), flags);
}

/** Half of a surrogate pair is no text, and would be found in one encoding and not in the other. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Offsets that lie within the entries which may match, ascending; several may lie within one. */
export type Candidates = (block: Buffer) => number[];

/**
 * Looks at the bytes only, so that most of a log never becomes an object. Never leaves out what matches; `undefined`: every
 * entry has to be looked at.
 */
export function candidatesOf(filter: LogFilter): Candidates | undefined {
  const wanted = textCandidates(filter.text) ?? markCandidates(filter);
  if (wanted === undefined) return undefined;
  const gaps = offsetsOf(Buffer.from(MARKS.gap));
  return (block) => {
    const [found, missing] = [wanted(block), gaps(block)];
    return missing.length === 0 ? found : [...found, ...missing].sort((a, b) => a - b);
  };
}

const SHORTEST_RUN = 2;

/** The longest piece of the text that is the same bytes in every encoding, as it stands in JSON. */
function textCandidates(text: string | undefined): Candidates | undefined {
  if (text === undefined) return undefined;
  const runs =
    JSON.stringify(wellFormed(text))
      .slice(1, -1)
      .match(/[ -~]+/g) ?? [];
  const run = runs.reduce((longest, next) => (next.length > longest.length ? next : longest), '');
  if (run.length < SHORTEST_RUN) return undefined;
  const expression = literalOf(run, 'gi');
  return (block) => {
    const bytes = block.toString('latin1');
    const offsets: number[] = [];
    expression.lastIndex = 0;
    for (let match = expression.exec(bytes); match !== null; match = expression.exec(bytes)) offsets.push(match.index);
    return offsets;
  };
}

/** What is asked for besides the text stands in the bytes as it is; the rarest is looked for. */
function markCandidates({ instance, release, level, stream, alias }: LogFilter): Candidates | undefined {
  if (instance !== undefined) return offsetsOf(Buffer.from(`${instance}"`));
  if (release !== undefined) return offsetsOf(Buffer.from(MARKS.release(release)));
  if (level !== undefined) {
    const levels = LOG_LEVELS.slice(LOG_LEVELS.indexOf(level));
    const each = levels.map((name) => offsetsOf(Buffer.from(MARKS.level(name))));
    return (block) => each.flatMap((offsets) => offsets(block)).sort((a, b) => a - b);
  }
  if (stream !== undefined) return offsetsOf(Buffer.from(MARKS.stream(stream)));
  return alias === undefined ? undefined : offsetsOf(Buffer.from(MARKS.alias(alias)));
}

function offsetsOf(mark: Buffer): Candidates {
  return (block) => {
    const offsets: number[] = [];
    for (let at = block.indexOf(mark); at >= 0; at = block.indexOf(mark, at + mark.length)) offsets.push(at);
    return offsets;
  };
}
