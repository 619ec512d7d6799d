/** Splits a stream of bytes into lines of bounded length, whatever the bytes are. */
import { MAX_LINE_CHARACTERS } from '../../schema/mqtt/log.ts';

const LINE_FEED = 0x0a;
const ELLIPSIS = '…';
/** Most bytes of one character of a string, as JavaScript counts them. */
const BYTES_A_CHARACTER = 3;

/** Where a line ends in the stream. */
export interface LineEnd {
  /** Bytes from the beginning of the stream. */
  readonly offset: number;
  /** The line was cut and goes on: what follows, up to its end, is thrown away. */
  readonly isOpen: boolean;
}

export interface LineSplitterOptions {
  /** `false`: no more lines now; the rest of the chunk is not taken. */
  readonly onLine: (line: string, end: LineEnd) => boolean | void;
  /** Changes a line before it is cut to its length: gives the beginning of the result, for so many characters of the line. */
  readonly mask?: (line: string, characters: number) => string;
  /** How far behind the cut the mask has to look. */
  readonly lookahead?: () => number;
  /** Where the stream is taken up. */
  readonly from?: LineEnd;
}

export class LineSplitter {
  readonly #options: LineSplitterOptions;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #offset: number;
  /** The rest of an overlong line is thrown away up to its end. */
  #isSkipping: boolean;

  constructor(options: LineSplitterOptions) {
    this.#options = options;
    this.#offset = options.from?.offset ?? 0;
    this.#isSkipping = options.from?.isOpen ?? false;
  }

  /** Behind what was taken so far, unfinished lines included. */
  get offset(): number {
    return this.#offset;
  }

  /** @returns how many bytes were taken: all, unless `onLine` wanted no more. */
  write(chunk: Buffer): number {
    let start = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed >= 0; feed = chunk.indexOf(LINE_FEED, start)) {
      const goesOn = this.#finish(chunk.subarray(start, feed), 1);
      start = feed + 1;
      if (!goesOn) return start;
    }
    this.#hold(chunk.subarray(start));
    return chunk.length;
  }

  /** The last line, if it had no end. */
  end(): void {
    if (!this.#isSkipping && this.#heldBytes > 0) this.#finish(Buffer.alloc(0), 0);
  }

  #finish(rest: Buffer, feedBytes: number): boolean {
    this.#offset += rest.length + feedBytes;
    if (this.#isSkipping) {
      this.#isSkipping = false;
      return true;
    }
    return this.#emit([...this.#held, rest], false);
  }

  #hold(rest: Buffer): void {
    this.#offset += rest.length;
    if (this.#isSkipping || rest.length === 0) return;
    // A copy: a view would keep the whole chunk.
    this.#held.push(Buffer.from(rest));
    this.#heldBytes += rest.length;
    if (this.#heldBytes < this.#longest) return;
    this.#isSkipping = true;
    this.#emit(this.#held, true);
  }

  /** Bytes that certainly are more than is carried of a line. */
  get #longest(): number {
    return BYTES_A_CHARACTER * (MAX_LINE_CHARACTERS + 1 + (this.#options.lookahead?.() ?? 0));
  }

  #emit(pieces: readonly Buffer[], isOpen: boolean): boolean {
    const bytes = Buffer.concat(pieces);
    this.#held = [];
    this.#heldBytes = 0;
    const whole = bytes.toString('utf8', 0, Math.min(bytes.length, this.#longest));
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    return this.#options.onLine(this.#cut(line), { offset: this.#offset, isOpen }) !== false;
  }

  #cut(line: string): string {
    const { mask = (text: string, characters: number) => text.slice(0, characters) } = this.#options;
    const isLong = line.length > MAX_LINE_CHARACTERS;
    const shown = mask(line, isLong ? MAX_LINE_CHARACTERS - 1 : line.length);
    if (!isLong && shown.length <= MAX_LINE_CHARACTERS) return shown;
    return shown.slice(0, MAX_LINE_CHARACTERS - 1) + ELLIPSIS;
  }
}
