/** The log of one application: takes lines through a bounded queue, writes them in batches, reads them back from its files. */
import { rm } from 'node:fs/promises';
import { Signal } from '../../app/fleet/signal.ts';
import type { LogFilter, NewLogLine } from '../../app/ports/logs.ts';
import type { FeedItem, LogLine } from '../../app/use-cases.ts';
import { decodeLine, encodeLine, sequenceOf } from './line.ts';
import { linesBackward, linesForward } from './segment-file.ts';
import { appendTo, createSegment, removeSegment, resume } from './segments.ts';
import type { Segment } from './segments.ts';

interface ApplicationLogOptions {
  /** A segment that has grown to this is followed by a new one. */
  readonly segmentBytes: number;
  /** Characters that wait to be written; beyond it lines are dropped. */
  readonly queueCharacters: number;
  /** Lines that could not be kept. */
  readonly onDrop: (lines: number) => void;
  /** Writing failed (a full disk): the lines concerned are dropped. */
  readonly onFailure: (error: unknown) => void;
  /** A new segment was begun: a good moment to look at how much there is. */
  readonly onRotate: () => void;
}

type Queued =
  | { readonly kind: 'line'; readonly line: NewLogLine }
  | { readonly kind: 'dropped'; lines: number }
  | { readonly kind: 'rotate'; readonly done: () => void };

/** Where a reader stands. */
export interface Position {
  /** First sequence of the segment. */
  readonly segment: number;
  readonly offset: number;
  /** The sequence that comes next if nothing is missing. */
  readonly expected: number;
}

interface Batch {
  readonly items: FeedItem<LogLine>[];
  readonly position: Position;
  /** Everything that was written when the batch was begun has been read. */
  readonly isAtEnd: boolean;
}

const WRITE_CHARACTERS = 256 * 1024;
const NEVER = new AbortController().signal;

export class ApplicationLog {
  readonly directory: string;
  /** Notified when lines were written, and at the end. */
  readonly changed = new Signal();
  readonly #options: ApplicationLogOptions;
  #segments: Segment[] = [];
  /** Bytes of the newest segment that are whole lines. */
  #bytes = 0;
  #nextSequence = 1;
  /** The newest segment ends with what a failed write left: it is not appended to any more. */
  #isTorn = false;
  #queue: Queued[] = [];
  #queuedCharacters = 0;
  #opened: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(directory: string, options: ApplicationLogOptions) {
    this.directory = directory;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  append(lines: readonly NewLogLine[]): void {
    if (this.#isClosed) return this.#options.onDrop(lines.length);
    for (const line of lines) {
      if (this.#queuedCharacters + line.text.length > this.#options.queueCharacters) this.#drop(1);
      else {
        this.#queue.push({ kind: 'line', line });
        this.#queuedCharacters += line.text.length;
      }
    }
    this.#write();
  }

  /** Resolves when everything appended so far is written or dropped: the batch that is being written, and the one behind it. */
  async flushed(): Promise<void> {
    await this.#open();
    for (let batches = 0; batches < 2 && this.#writing !== undefined; batches += 1) {
      await Promise.race([this.#writing, this.changed.after(this.changed.version, NEVER)]);
    }
  }

  /** The segments in order; the last one is being written to. */
  async segments(): Promise<readonly Segment[]> {
    await this.flushed();
    return this.#segments;
  }

  async end(): Promise<Position> {
    await this.flushed();
    return { segment: this.#segments.at(-1)?.first ?? 0, offset: this.#bytes, expected: this.#nextSequence };
  }

  /** The position behind the line with this sequence; its end when nothing comes behind it. */
  async behind(sequence: number): Promise<Position> {
    const end = await this.end();
    if (sequence >= end.expected) return end;
    const segment = this.#segments.findLast(({ first }) => first <= sequence + 1) ?? this.#segments[0];
    return { segment: segment?.first ?? 0, offset: 0, expected: sequence + 1 };
  }

  /** The next items, at most `limit` of them, with a gap wherever sequences are missing. */
  async batch(from: Position, filter: LogFilter, limit: number): Promise<Batch> {
    await this.#open();
    const items: FeedItem<LogLine>[] = [];
    const segments = [...this.#segments];
    const newestBytes = this.#bytes;
    let position = from;
    for (const [index, segment] of segments.entries()) {
      if (segment.first < position.segment) continue;
      if (segment.first > position.segment) position = { ...position, segment: segment.first, offset: 0 };
      const to = index === segments.length - 1 ? newestBytes : Infinity;
      for await (const { line, end } of linesForward(segment.file, position.offset, to)) {
        if (items.length >= limit) return { items, position, isAtEnd: false };
        position = take(line, { ...position, offset: end }, filter, items);
      }
    }
    return { items, position, isAtEnd: true };
  }

  /** The newest lines, at most `limit`, oldest first. */
  async newest(filter: LogFilter, limit: number): Promise<LogLine[]> {
    await this.flushed();
    const found: LogLine[] = [];
    const newestBytes = this.#bytes;
    for (const [index, segment] of [...this.#segments].reverse().entries()) {
      if (found.length >= limit) break;
      for await (const line of linesBackward(segment.file, index === 0 ? newestBytes : undefined)) {
        if (found.length >= limit) break;
        const decoded = decodeLine(line);
        if (decoded !== undefined && matches(decoded, filter)) found.push(decoded);
      }
    }
    return found.reverse();
  }

  /** Begins a new segment, so that the newest may be removed. */
  async rotate(): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((done) => {
      this.#queue.push({ kind: 'rotate', done });
      this.#write();
    });
  }

  /** Removes a segment, unless it is the newest. */
  async forget(segment: Segment): Promise<void> {
    if (this.#segments.at(-1)?.first === segment.first) return;
    this.#segments = this.#segments.filter(({ first }) => first !== segment.first);
    await removeSegment(segment);
  }

  /** Writes what waits, and ends those who follow. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#writing !== undefined) await this.#writing;
    this.changed.notify();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  #drop(lines: number): void {
    const last = this.#queue.at(-1);
    if (last?.kind === 'dropped') last.lines += lines;
    else this.#queue.push({ kind: 'dropped', lines });
    this.#options.onDrop(lines);
  }

  #open(): Promise<void> {
    this.#opened ??= resume(this.directory).then(({ segments, nextSequence, bytes }) => {
      this.#segments = [...segments];
      this.#nextSequence = nextSequence;
      this.#bytes = bytes;
    });
    this.#opened.catch(() => {
      // Whoever waits for it is told; the next one tries again.
      this.#opened = undefined;
    });
    return this.#opened;
  }

  #write(): void {
    this.#writing ??= this.#writeAll()
      .catch((error: unknown) => {
        // The folder cannot even be read.
        this.#lose(this.#queue.splice(0), error);
      })
      .finally(() => {
        this.#writing = undefined;
      });
  }

  async #writeAll(): Promise<void> {
    await this.#open();
    while (this.#queue.length > 0) {
      const queued = this.#queue;
      this.#queue = [];
      this.#queuedCharacters = 0;
      await this.#writeBatch(queued);
      this.changed.notify();
    }
  }

  async #writeBatch(queued: readonly Queued[]): Promise<void> {
    let text = '';
    let first = this.#nextSequence;
    let lines = 0;
    const put = async (): Promise<void> => {
      if (lines > 0) await this.#put(text, first, lines);
      text = '';
      lines = 0;
    };
    for (const entry of queued) {
      if (entry.kind === 'dropped') {
        this.#nextSequence += entry.lines;
        continue;
      }
      if (entry.kind === 'rotate') {
        await put();
        await this.#rotateNow().finally(entry.done);
        continue;
      }
      if (lines === 0) first = this.#nextSequence;
      text += encodeLine({ sequence: this.#nextSequence, ...entry.line });
      this.#nextSequence += 1;
      lines += 1;
      // A piece goes into one segment, which it must not make much larger than it may be.
      if (text.length >= Math.min(WRITE_CHARACTERS, this.#options.segmentBytes / 2)) await put();
    }
    await put();
  }

  async #put(text: string, first: number, lines: number): Promise<void> {
    const bytes = Buffer.byteLength(text);
    try {
      const isFull = this.#bytes > 0 && this.#bytes + bytes > this.#options.segmentBytes;
      if (this.#segments.length === 0 || this.#isTorn || isFull) await this.#beginSegment(first);
      const newest = this.#segments.at(-1);
      if (newest === undefined) throw new Error('no segment');
      await appendTo(newest, text);
      this.#bytes += bytes;
    } catch (error) {
      this.#isTorn = true;
      this.#options.onDrop(lines);
      this.#options.onFailure(error);
    }
  }

  async #rotateNow(): Promise<void> {
    try {
      if (this.#bytes > 0) await this.#beginSegment(this.#nextSequence);
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  async #beginSegment(first: number): Promise<void> {
    const segment = await createSegment(this.directory, first);
    this.#segments.push(segment);
    this.#bytes = 0;
    this.#isTorn = false;
    if (this.#segments.length > 1) this.#options.onRotate();
  }

  #lose(queued: readonly Queued[], error: unknown): void {
    this.#queuedCharacters = 0;
    const lines = queued.filter(({ kind }) => kind === 'line').length;
    for (const entry of queued) if (entry.kind === 'rotate') entry.done();
    this.#nextSequence += lines;
    this.#options.onDrop(lines);
    this.#options.onFailure(error);
  }
}

/** Reads one line at a position: adds what it means to `items` and returns the position behind it. */
function take(line: Buffer, position: Position, filter: LogFilter, items: FeedItem<LogLine>[]): Position {
  const sequence = sequenceOf(line);
  if (sequence === undefined || sequence < position.expected) return position;
  const decoded = decodeLine(line);
  if (decoded === undefined) return position;
  if (sequence > position.expected) items.push({ kind: 'gap', after: position.expected - 1, next: sequence });
  if (matches(decoded, filter)) items.push({ kind: 'item', item: decoded });
  return { ...position, expected: sequence + 1 };
}

function matches(line: LogLine, { alias, instance }: LogFilter): boolean {
  return (alias === undefined || line.alias === alias) && (instance === undefined || line.instance === instance);
}
