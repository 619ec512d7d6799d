/** The next entries of a log for somebody who follows it: a piece at a time, from the files, at the reader's pace. */
import type { LogEntry } from '../../domain/logs/entry.ts';
import type { Written } from './log-writer.ts';
import type { Matcher } from './matcher.ts';
import { Page, removedGap } from './page.ts';
import { decodeEntry, sequenceOf } from './record.ts';
import { linesForward } from './segment-file.ts';

/** Where a reader stands. */
export interface Position {
  /** First sequence of the segment. */
  readonly segment: number;
  readonly offset: number;
  /** The sequence that comes next if nothing is missing. */
  readonly expected: number;
}

interface Piece {
  readonly entries: LogEntry[];
  readonly position: Position;
  /** Everything that was written when the piece was begun has been read. */
  readonly isAtEnd: boolean;
}

/** The position behind the entry with this sequence; the end when nothing comes behind it. */
export function behind(sequence: number, { segments, newestBytes, nextSequence }: Written): Position {
  if (sequence >= nextSequence) {
    return { segment: segments.at(-1)?.first ?? 0, offset: newestBytes, expected: nextSequence };
  }
  const segment = segments.findLast(({ first }) => first <= sequence + 1) ?? segments[0];
  return { segment: segment?.first ?? 0, offset: 0, expected: sequence + 1 };
}

/** At most `limit` lines that match, with a gap wherever sequences are missing. */
export async function nextPiece(from: Position, written: Written, matches: Matcher, limit: number): Promise<Piece> {
  const page = new Page();
  let position = from;
  for (const [index, segment] of written.segments.entries()) {
    if (segment.first < position.segment) continue;
    if (segment.first > position.segment) position = { ...position, segment: segment.first, offset: 0 };
    const to = index === written.segments.length - 1 ? written.newestBytes : Infinity;
    for await (const { line, end } of linesForward(segment.file, position.offset, to)) {
      if (page.lines >= limit) return { entries: page.take(), position, isAtEnd: false };
      position = take(line, { ...position, offset: end }, matches, page);
    }
  }
  return { entries: page.take(), position, isAtEnd: true };
}

/** Reads one entry at a position: adds what it means to the page and returns the position behind it. */
function take(line: Buffer, position: Position, matches: Matcher, page: Page): Position {
  const sequence = sequenceOf(line);
  if (sequence === undefined || sequence < position.expected) return position;
  const entry = decodeEntry(line);
  if (entry === undefined) return position;
  const isExplained = entry.kind === 'gap' && (entry.cause === 'write-failed' || entry.cause === 'power-lost');
  if (sequence > position.expected && !isExplained) page.gap(removedGap(position.expected, sequence));
  if (matches(entry)) page.add(entry);
  return { ...position, expected: sequence + 1 };
}
