/** One open file, read from a position on as far as there is room for its lines. */
import type { FileHandle } from 'node:fs/promises';
import { LineSplitter, type LineEnd } from './lines.ts';
import type { Position } from './positions.ts';

const BLOCK_BYTES = 64 * 1024;
/** First bytes of a file, by which it is known again. */
const HEAD_BYTES = 1024;

/** Where lines go. */
export interface LineSink {
  /** Whether another line would be kept now. */
  hasRoom(): boolean;
  line(text: string, position: Position): void;
  mask(line: string, characters: number): string;
  /** How far behind its cut a line is to be looked at. */
  lookahead(): number;
}

export interface Range {
  readonly from: LineEnd;
  /** Bytes up to which it is read; absent: all, also what comes later. */
  readonly to?: number;
}

export const START: LineEnd = { offset: 0, isOpen: false };

/** The lines of one file, also when they go on in a copy of it. */
class Reading {
  /** Device and inode. */
  readonly file: string;
  head: Buffer;
  /** It is so far behind that lines are handed on whether there is room or not. */
  isForced = false;
  readonly splitter: LineSplitter;

  constructor(file: string, head: Buffer, sink: LineSink, from: LineEnd) {
    this.file = file;
    this.head = head;
    this.splitter = new LineSplitter({
      from,
      mask: (line, characters) => sink.mask(line, characters),
      lookahead: () => sink.lookahead(),
      onLine: (text, end) => {
        sink.line(text, this.at(end));
        return this.isForced || sink.hasRoom();
      },
    });
  }

  at({ offset, isOpen }: LineEnd): Position {
    return { file: this.file, offset, isOpen, head: this.head.toString('base64') };
  }
}

export class FileTail {
  readonly #handle: FileHandle;
  readonly #sink: LineSink;
  readonly #to: number;
  #reading: Reading;
  #grownAt = performance.now();

  private constructor(handle: FileHandle, sink: LineSink, reading: Reading, to = Infinity) {
    this.#handle = handle;
    this.#sink = sink;
    this.#reading = reading;
    this.#to = to;
  }

  /** Takes the handle: closes it when it is closed. */
  static async of(handle: FileHandle, sink: LineSink, range: Range): Promise<FileTail> {
    const reading = new Reading(await fileOf(handle), await headOf(handle), sink, range.from);
    return new FileTail(handle, sink, reading, range.to);
  }

  get file(): string {
    return this.#reading.file;
  }

  get head(): Buffer {
    return this.#reading.head;
  }

  get offset(): number {
    return this.#reading.splitter.offset;
  }

  /** Where it stands; what it holds of an unfinished line included. */
  get position(): Position {
    return this.#reading.at({ offset: this.offset, isOpen: false });
  }

  /** Milliseconds since there was something new in it. */
  get quietMilliseconds(): number {
    return performance.now() - this.#grownAt;
  }

  /** It is shorter than what was read of it, or begins otherwise: it was emptied, and perhaps filled anew. */
  async isTruncated(): Promise<boolean> {
    if ((await this.#handle.stat()).size < this.offset) return true;
    const { head } = this.#reading;
    return head.length > 0 && !startAlike(await headOf(this.#handle), head);
  }

  /** Reads as far as there is room; what is further behind than `mostBehind` bytes without regard to it. @returns at its end? */
  async read(mostBehind: number): Promise<boolean> {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (;;) {
      const reading = this.#reading;
      const behind = Math.min((await this.#handle.stat()).size, this.#to) - this.offset;
      if (behind <= 0) return true;
      reading.isForced = behind > mostBehind;
      if (!reading.isForced && !this.#sink.hasRoom()) return false;
      if (reading.head.length < HEAD_BYTES) reading.head = await headOf(this.#handle);
      const { bytesRead } = await this.#handle.read(block, 0, Math.min(BLOCK_BYTES, behind), this.offset);
      if (bytesRead === 0) return true;
      this.#grownAt = performance.now();
      reading.splitter.write(block.subarray(0, bytesRead));
    }
  }

  /** The same lines go on in a copy of this file; this one begins anew. @param handle of the copy, which is taken */
  async continueIn(handle: FileHandle): Promise<FileTail> {
    const copy = new FileTail(handle, this.#sink, this.#reading);
    await this.#begin();
    return copy;
  }

  /** It begins anew; what there was of an unfinished line is a line. */
  async restart(): Promise<void> {
    this.#reading.splitter.end();
    await this.#begin();
  }

  async #begin(): Promise<void> {
    this.#reading = new Reading(this.file, await headOf(this.#handle), this.#sink, START);
  }

  /** @param isOver nothing more will come: what there is of an unfinished line is a line. */
  async close(isOver: boolean): Promise<void> {
    if (isOver) this.#reading.splitter.end();
    await this.#handle.close();
  }
}

export async function fileOf(handle: FileHandle): Promise<string> {
  const { dev, ino } = await handle.stat({ bigint: true });
  return `${dev}:${ino}`;
}

export async function headOf(handle: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
  return head.subarray(0, bytesRead);
}

/** As far as both go; an empty one is like no other. */
export function startAlike(a: Buffer, b: Buffer): boolean {
  const length = Math.min(a.length, b.length);
  return length > 0 && a.subarray(0, length).equals(b.subarray(0, length));
}
