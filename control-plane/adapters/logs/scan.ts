/**
 * One search over segment files, block by block, forward or backward, within what it may cost. Reads synchronously: it runs
 * in a thread of its own.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LogPage, LogQuery } from '../../app/ports/logs.ts';
import { candidatesOf, matcherOf, type Candidates, type Matcher } from './matcher.ts';
import { Page, removedGap } from './page.ts';
import { decodeEntry, LINE_FEED, receivedBy, sequenceOf, type StoredEntry } from './record.ts';

interface ScanSegment {
  readonly file: string;
  /** No entry of it has a lower sequence. */
  readonly first: number;
  /** Bytes that are whole entries; null: all. */
  readonly bytes: number | null;
}

export interface ScanJob {
  /** In order. */
  readonly segments: readonly ScanSegment[];
  readonly query: LogQuery;
  readonly budget: { readonly bytes: number; readonly milliseconds: number };
}

const FIRST_BLOCK_BYTES = 64 * 1024;
const MOST_BLOCK_BYTES = 1024 * 1024;
/** Entries between two looks at the clock. */
const CLOCK_EVERY = 64;
/** A line may say that it is as old as this when it arrives; see the ingest. */
const OLDEST_ARRIVAL_MILLISECONDS = 24 * 3600 * 1000;
/** A clock that was set back must not hide lines. */
const CLOCK_SLACK_MILLISECONDS = 60_000;

/** Throws {@link PatternError}. @param clock milliseconds, monotonic */
export function scan(job: ScanJob, clock: () => number = () => performance.now()): LogPage {
  return new Scan(job, clock).run();
}

type Stopped = LogPage['stopped'];

class Scan {
  readonly #job: ScanJob;
  readonly #clock: () => number;
  readonly #deadline: number;
  readonly #matches: Matcher;
  readonly #candidates: Candidates | undefined;
  readonly #isForward: boolean;
  /** Entries outside of these sequences are not looked at: from `#least` on, below `#most`. */
  readonly #least: number;
  readonly #most: number;
  readonly #page = new Page();
  #scannedBytes = 0;
  #sinceClock = 0;
  #reached: LogPage['reached'] = null;
  #stopped: Stopped | undefined;

  constructor(job: ScanJob, clock: () => number) {
    const { query, budget } = job;
    this.#job = job;
    this.#clock = clock;
    this.#deadline = clock() + budget.milliseconds;
    this.#matches = matcherOf(query.filter);
    this.#candidates = candidatesOf(query.filter);
    this.#isForward = 'after' in query.range;
    this.#least = 'after' in query.range ? query.range.after + 1 : 0;
    this.#most = 'before' in query.range ? (query.range.before ?? Infinity) : Infinity;
  }

  run(): LogPage {
    if (this.#isForward) this.#forward();
    else this.#backward();
    const entries = this.#page.take();
    if (!this.#isForward) entries.reverse();
    const stopped = this.#stopped ?? 'end';
    return {
      entries,
      next: stopped === 'end' ? null : this.#next(),
      stopped,
      scannedBytes: this.#scannedBytes,
      reached: this.#reached,
    };
  }

  #next(): LogQuery['range'] {
    if (this.#reached === null) return this.#job.query.range;
    return this.#isForward ? { after: this.#reached.sequence } : { before: this.#reached.sequence };
  }

  #forward(): void {
    const { segments, query } = this.#job;
    const { from = -Infinity } = query.filter;
    const oldest = segments[0];
    if (oldest !== undefined && oldest.first > this.#least) this.#missing(Math.max(1, this.#least), oldest);
    for (const [index, segment] of segments.entries()) {
      if (this.#stopped !== undefined) return;
      const following = segments[index + 1];
      if (following !== undefined && following.first <= this.#least) continue;
      withFile(segment, (file) => {
        if (following !== undefined && file.changedAt < from - CLOCK_SLACK_MILLISECONDS) return;
        this.#forwardIn(file, segment.first < this.#least ? file.floor(this.#least) : 0);
      });
    }
  }

  #forwardIn(file: SegmentFile, start: number): void {
    let offset = start;
    let length = FIRST_BLOCK_BYTES;
    while (this.#stopped === undefined && offset < file.bytes) {
      const block = file.read(offset, length);
      const end = block.lastIndexOf(LINE_FEED) + 1;
      const isLast = offset + block.length >= file.bytes;
      length = end === 0 ? length * 2 : Math.min(length * 4, MOST_BLOCK_BYTES);
      if (end > 0) this.#look(block.subarray(0, end), isLast && offset + end >= file.bytes);
      else if (isLast) return;
      offset += end;
    }
  }

  #backward(): void {
    const { segments, query } = this.#job;
    const { from = -Infinity, to = Infinity } = query.filter;
    for (let index = segments.length - 1; index >= 0 && this.#stopped === undefined; index -= 1) {
      const segment = segments[index]!;
      if (segment.first >= this.#most) continue;
      let isOver = false;
      withFile(segment, (file) => {
        isOver = file.changedAt < from - CLOCK_SLACK_MILLISECONDS;
        if (isOver || this.#beginsAfter(segments[index - 1], to)) return;
        const following = segments[index + 1];
        const isWhole = following !== undefined && following.first <= this.#most;
        isOver = this.#backwardIn(file, isWhole ? file.bytes : file.ceiling(this.#most));
      });
      if (isOver) return;
    }
    const oldest = segments[0];
    if (this.#stopped === undefined && oldest !== undefined && oldest.first > 1) this.#missing(1, oldest);
  }

  /** Everything in a segment came later than what is asked for. */
  #beginsAfter(previous: ScanSegment | undefined, to: number): boolean {
    if (previous === undefined || to === Infinity) return false;
    let changedAt = -Infinity;
    withFile(previous, (file) => (changedAt = file.changedAt));
    return changedAt - CLOCK_SLACK_MILLISECONDS > to + OLDEST_ARRIVAL_MILLISECONDS;
  }

  /** True when everything before is older than what is asked for. */
  #backwardIn(file: SegmentFile, end: number): boolean {
    let to = end;
    let length = FIRST_BLOCK_BYTES;
    while (this.#stopped === undefined && to > 0) {
      const start = Math.max(0, to - length);
      const block = file.read(start, to - start);
      const first = start === 0 ? 0 : block.indexOf(LINE_FEED) + 1;
      length = first === block.length ? length * 2 : Math.min(length * 4, MOST_BLOCK_BYTES);
      // No whole entry in it, unless it is all that there is.
      if ((first === 0 && start > 0) || first === block.length) {
        if (start === 0) return false;
        length = Math.max(length, to - start + MOST_BLOCK_BYTES);
        continue;
      }
      const whole = block.subarray(first);
      this.#look(whole, start === 0);
      if (this.#isOlder(whole)) return true;
      to = start + first;
    }
    return false;
  }

  #isOlder(block: Buffer): boolean {
    const { from } = this.#job.query.filter;
    if (from === undefined) return false;
    const received = receivedBy(block.subarray(0, block.indexOf(LINE_FEED)));
    return received !== undefined && received < from - CLOCK_SLACK_MILLISECONDS;
  }

  #missing(expected: number, segment: ScanSegment): void {
    withFile(segment, (file) => {
      const entry = file.firstEntry();
      if (entry !== undefined && entry.sequence > expected) this.#page.gap(removedGap(expected, entry.sequence));
    });
  }

  /** Looks at a block of whole entries. @param isLast nothing follows in this file, in the direction of the search */
  #look(block: Buffer, isLast: boolean): void {
    this.#scannedBytes += block.length;
    const ranges = this.#candidates === undefined ? everyLine(block) : linesAround(block, this.#candidates(block));
    if (!this.#isForward) ranges.reverse();
    for (const [start, end] of ranges) {
      if (!this.#take(decodeEntry(block.subarray(start, end)))) return;
    }
    // Without a step forward the next page would be this one again.
    if (!this.#reach(this.#edge(block)) || isLast) return;
    if (this.#scannedBytes >= this.#job.budget.bytes) this.#stopped = 'bytes';
    if (this.#clock() >= this.#deadline) this.#stopped = 'time';
  }

  /** The last entry of a block in the direction of the search; damaged ones are passed over. */
  #edge(block: Buffer): StoredEntry | undefined {
    let [start, end] = [0, block.length - 1];
    while (start <= end) {
      const feed = this.#isForward ? block.lastIndexOf(LINE_FEED, end - 1) : block.indexOf(LINE_FEED, start);
      const line = this.#isForward ? block.subarray(Math.max(feed + 1, start), end) : block.subarray(start, feed);
      const entry = decodeEntry(line);
      if (entry !== undefined) return entry;
      if (this.#isForward) end = feed;
      else start = feed + 1;
      if (feed < 0) return undefined;
    }
    return undefined;
  }

  /** False: it stops behind this entry. */
  #take(entry: StoredEntry | undefined): boolean {
    if (entry === undefined || entry.sequence < this.#least || entry.sequence >= this.#most) return true;
    if (this.#matches(entry)) {
      // The line that would be one too many is the next page's.
      if (entry.kind === 'line' && this.#page.lines >= this.#job.query.limit) {
        this.#stopped = 'limit';
        return false;
      }
      this.#page.add(entry);
      this.#reach(entry);
    }
    this.#sinceClock += 1;
    if (this.#sinceClock < CLOCK_EVERY) return true;
    this.#sinceClock = 0;
    if (this.#clock() < this.#deadline) return true;
    this.#reach(entry);
    this.#stopped = 'time';
    return false;
  }

  /** True if it is a step. */
  #reach(entry: StoredEntry | undefined): boolean {
    if (entry?.at === undefined || entry.at === null) return false;
    if (entry.sequence < this.#least || entry.sequence >= this.#most) return false;
    this.#reached = { sequence: entry.sequence, at: entry.at };
    return true;
  }
}

/** Bounds of every line, without its end. */
function everyLine(block: Buffer): [number, number][] {
  const ranges: [number, number][] = [];
  let start = 0;
  for (let end = block.indexOf(LINE_FEED); end >= 0; end = block.indexOf(LINE_FEED, start)) {
    ranges.push([start, end]);
    start = end + 1;
  }
  return ranges;
}

/** Bounds of the lines that these offsets lie in, each once. */
function linesAround(block: Buffer, offsets: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  let last = -1;
  for (const offset of offsets) {
    if (offset < last) continue;
    const end = block.indexOf(LINE_FEED, offset);
    if (end < 0) break;
    ranges.push([block.lastIndexOf(LINE_FEED, offset) + 1, end]);
    last = end;
  }
  return ranges;
}

/** One segment while it is open. */
class SegmentFile {
  readonly bytes: number;
  /** When it was written to last; milliseconds since the epoch. */
  readonly changedAt: number;
  readonly #descriptor: number;

  constructor(descriptor: number, bytes: number | null) {
    const { size, mtimeMs } = fstatSync(descriptor);
    this.#descriptor = descriptor;
    this.bytes = Math.min(size, bytes ?? size);
    this.changedAt = mtimeMs;
  }

  read(offset: number, length: number): Buffer {
    const block = Buffer.allocUnsafe(Math.min(length, this.bytes - offset));
    return block.subarray(0, readSync(this.#descriptor, block, 0, block.length, offset));
  }

  firstEntry(): StoredEntry | undefined {
    const block = this.read(0, FIRST_BLOCK_BYTES);
    const end = block.indexOf(LINE_FEED);
    return end < 0 ? undefined : decodeEntry(block.subarray(0, end));
  }

  /** An offset at which an entry begins, at or before the first one with this sequence or a higher one. */
  floor(sequence: number): number {
    return this.#bisect(sequence)[0];
  }

  /** An offset at which an entry begins (or the end), at or behind the first one with this sequence or a higher one. */
  ceiling(sequence: number): number {
    return this.#bisect(sequence)[1];
  }

  #bisect(sequence: number): [number, number] {
    let [low, high] = [0, this.bytes];
    while (high - low > FIRST_BLOCK_BYTES) {
      const found = this.#entryFrom(low + Math.floor((high - low) / 2), high);
      if (found === undefined) break;
      if (found.sequence < sequence) low = found.offset;
      else high = found.offset;
    }
    return [low, high];
  }

  /** The first entry that begins behind an offset and before `to`. */
  #entryFrom(offset: number, to: number): { offset: number; sequence: number } | undefined {
    const block = this.read(offset, Math.min(FIRST_BLOCK_BYTES * 2, this.bytes - offset));
    for (let feed = block.indexOf(LINE_FEED); feed >= 0; feed = block.indexOf(LINE_FEED, feed + 1)) {
      if (offset + feed + 1 >= to) return undefined;
      const sequence = sequenceOf(block.subarray(feed + 1));
      if (sequence !== undefined) return { offset: offset + feed + 1, sequence };
    }
    return undefined;
  }
}

/** Opens a segment for as long as `work` takes; one that was removed meanwhile has nothing in it. */
function withFile(segment: ScanSegment, work: (file: SegmentFile) => void): void {
  let descriptor: number;
  try {
    descriptor = openSync(segment.file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    work(new SegmentFile(descriptor, segment.bytes));
  } finally {
    closeSync(descriptor);
  }
}
