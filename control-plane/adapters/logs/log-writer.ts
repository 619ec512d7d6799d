/** Writes the log of one application: entries through a bounded queue, in batches, into segment files. */
import { rm } from 'node:fs/promises';
import { Signal } from '../../app/fleet/signal.ts';
import { GapTally } from '../../domain/logs/gap-tally.ts';
import type { NewLogEntry } from '../../domain/logs/entry.ts';
import { encodeEntry } from './record.ts';
import { appendTo, createSegment, cutTo, removeSegment, resume } from './segments.ts';
import type { Segment } from './segments.ts';

export interface LogWriterOptions {
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
  /** False while the disk has too little room left for logs. */
  readonly hasRoom: () => Promise<boolean>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Queued =
  | { readonly kind: 'entry'; readonly entry: NewLogEntry; readonly receivedAt: number }
  | { readonly kind: 'rotate'; readonly done: () => void };

/** What is in the files at a moment: readers go by this and never see half an entry. */
export interface Written {
  readonly segments: readonly Segment[];
  /** Bytes of the newest segment. */
  readonly newestBytes: number;
  readonly nextSequence: number;
}

const WRITE_CHARACTERS = 256 * 1024;
const NEVER = new AbortController().signal;

export class LogWriter {
  readonly directory: string;
  /** Notified when entries were written, and at the end. */
  readonly changed = new Signal();
  readonly #options: LogWriterOptions;
  #segments: Segment[] = [];
  /** Bytes of the newest segment that are whole entries. */
  #bytes = 0;
  #nextSequence = 1;
  /** The newest segment ends with what a failed write left: it is not appended to any more. */
  #isTorn = false;
  #queue: Queued[] = [];
  #queuedCharacters = 0;
  /** What the queue had no room for since the last entry in it. */
  readonly #unqueued = new GapTally();
  /** What could not be written; it is marked when writing works again. */
  readonly #unwritten = new GapTally();
  #opened: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(directory: string, options: LogWriterOptions) {
    this.directory = directory;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  append(entries: readonly NewLogEntry[]): void {
    if (this.#isClosed) return this.#options.onDrop(countLines(entries));
    const receivedAt = this.#options.now();
    for (const entry of entries) {
      const characters = sizeOf(entry);
      if (this.#queuedCharacters + characters > this.#options.queueCharacters) {
        this.#unqueued.note(entry, 'queue-full');
        this.#options.onDrop(countLines([entry]));
        continue;
      }
      this.#queueGaps(receivedAt);
      this.#queue.push({ kind: 'entry', entry, receivedAt });
      this.#queuedCharacters += characters;
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

  /** What is written, with everything that was appended before the call. */
  async written(): Promise<Written> {
    await this.flushed();
    return this.now();
  }

  /** What is written right now, once it has been opened. */
  now(): Written {
    return { segments: [...this.#segments], newestBytes: this.#bytes, nextSequence: this.#nextSequence };
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

  #queueGaps(receivedAt: number): void {
    for (const gap of this.#unqueued.take()) this.#queue.push({ kind: 'entry', entry: gap, receivedAt });
  }

  #open(): Promise<void> {
    this.#opened ??= resume(this.directory).then(({ segments, nextSequence, bytes, isTorn }) => {
      this.#segments = [...segments];
      this.#nextSequence = nextSequence;
      this.#bytes = bytes;
      if (isTorn) this.#unwritten.add({ alias: null, instance: null }, null, 'power-lost', null);
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
        this.#queuedCharacters = 0;
        this.#lose(this.#queue.splice(0), error);
      })
      .finally(() => {
        this.#writing = undefined;
      });
  }

  async #writeAll(): Promise<void> {
    await this.#open();
    for (;;) {
      const queued = this.#queue;
      this.#queue = [];
      this.#queuedCharacters = 0;
      if (queued.length === 0) this.#queueGaps(this.#options.now());
      if (queued.length === 0 && this.#queue.length === 0) return;
      await this.#writeBatch(queued);
      this.changed.notify();
    }
  }

  async #writeBatch(queued: readonly Queued[]): Promise<void> {
    if (!(await this.#options.hasRoom())) return this.#shed(queued);
    const now = this.#options.now();
    const missing = this.#unwritten.take().map((entry): Queued => ({ kind: 'entry', entry, receivedAt: now }));
    let text = '';
    let piece: NewLogEntry[] = [];
    const put = async (): Promise<void> => {
      if (piece.length > 0) await this.#put(text, piece);
      text = '';
      piece = [];
    };
    for (const item of [...missing, ...queued]) {
      if (item.kind === 'rotate') {
        await put();
        await this.#rotateNow().finally(item.done);
        continue;
      }
      text += encodeEntry(this.#nextSequence + piece.length, item.entry, item.receivedAt);
      piece.push(item.entry);
      // A piece goes into one segment, which it must not make much larger than it may be.
      if (text.length >= Math.min(WRITE_CHARACTERS, this.#options.segmentBytes / 2)) await put();
    }
    await put();
  }

  /** Sequences are given to what is written; what is not leaves its number, and the next gap says so. */
  async #put(text: string, piece: readonly NewLogEntry[]): Promise<void> {
    const bytes = Buffer.byteLength(text);
    const isFull = this.#bytes > 0 && this.#bytes + bytes > this.#options.segmentBytes;
    try {
      if (this.#segments.length === 0 || this.#isTorn || isFull) await this.#beginSegment(this.#nextSequence);
      const newest = this.#segments.at(-1);
      if (newest === undefined) throw new Error('no segment');
      await appendTo(newest, text);
      this.#bytes += bytes;
      this.#nextSequence += piece.length;
    } catch (error) {
      await this.#mend(piece.length);
      this.#drop(piece, 'write-failed');
      this.#options.onFailure(error);
    }
  }

  /** Cuts off what a failed write may have left. Where that fails, too, the numbers it may hold are not given again. */
  async #mend(entries: number): Promise<void> {
    const newest = this.#segments.at(-1);
    if (newest === undefined || this.#isTorn) return;
    try {
      await cutTo(newest, this.#bytes);
    } catch {
      this.#isTorn = true;
      this.#nextSequence += entries;
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

  #shed(queued: readonly Queued[]): void {
    for (const item of queued) {
      if (item.kind === 'rotate') item.done();
      else this.#drop([item.entry], 'disk-low');
    }
  }

  #lose(queued: readonly Queued[], error: unknown): void {
    for (const item of queued) {
      if (item.kind === 'rotate') item.done();
      else this.#drop([item.entry], 'write-failed');
    }
    this.#options.onFailure(error);
  }

  #drop(entries: readonly NewLogEntry[], cause: string): void {
    for (const entry of entries) this.#unwritten.note(entry, cause);
    this.#options.onDrop(countLines(entries));
  }
}

function sizeOf(entry: NewLogEntry): number {
  return entry.kind === 'line' ? entry.text.length : 0;
}

/** Lines; a gap's have been counted where they were dropped. */
function countLines(entries: readonly NewLogEntry[]): number {
  return entries.filter(({ kind }) => kind === 'line').length;
}
