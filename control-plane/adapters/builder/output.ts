/** What a hook says, as lines that are safe to show: bounded in length and number, without control characters. */
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

const MAX_LINE_CHARACTERS = 4000;
/** Lines that are passed on as they come; of what follows, the last ones are kept for the end. */
const MAX_LINES = 10_000;
const LAST_LINES = 50;

export class Output {
  readonly #line: (text: string) => void;
  #passed = 0;
  #leftOut = 0;
  /** The last lines, passed on or not. */
  readonly #last: string[] = [];

  constructor(line: (text: string) => void) {
    this.#line = line;
  }

  /** Reads a stream to its end; resolves then, also when it was destroyed. */
  attach(stream: Readable): Promise<void> {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      // A carriage return begins a progress bar's line again: each state of it is a line of its own.
      const parts = (rest + decoder.write(chunk)).split(/\r\n|\n|\r/);
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(part);
      if (rest.length > MAX_LINE_CHARACTERS * 2) {
        this.#take(rest);
        rest = '';
      }
    });
    return new Promise((resolve) => {
      stream.once('error', () => stream.destroy());
      stream.once('close', () => {
        this.#take(rest + decoder.end());
        resolve();
      });
    });
  }

  /** What the platform itself has to say. */
  say(text: string): void {
    this.#take(text);
  }

  #take(raw: string): void {
    const clean = stripVTControlCharacters(raw)
      .replace(/[^\t\P{Cc}]/gu, '')
      .trimEnd();
    if (clean === '') return;
    const text = clean.length > MAX_LINE_CHARACTERS ? `${clean.slice(0, MAX_LINE_CHARACTERS)}…` : clean;
    this.#last.push(text);
    if (this.#last.length > LAST_LINES) this.#last.shift();
    if (this.#passed < MAX_LINES) {
      this.#passed += 1;
      this.#line(text);
    } else this.#leftOut += 1;
  }

  /** Passes on what was kept for the end, and says how much was left out. */
  finish(): void {
    if (this.#leftOut === 0) return;
    const kept = Math.min(this.#leftOut, this.#last.length);
    if (this.#leftOut > kept) this.#line(`… ${this.#leftOut - kept} lines left out …`);
    for (const text of this.#last.slice(-kept)) this.#line(text);
    this.#leftOut = 0;
  }

  /** The last lines that were said, oldest first. */
  last(count: number): string[] {
    return this.#last.slice(-count);
  }
}
