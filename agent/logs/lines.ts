/** Splits a stream of bytes into lines of bounded length, whatever the bytes are. */
import { StringDecoder } from 'node:string_decoder';
import { MAX_LINE_CHARACTERS } from '../../schema/mqtt/log.ts';

const ELLIPSIS = '…';

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';
  /** The rest of an overlong line is thrown away up to its end. */
  #isSkipping = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  /** The last line, if it had no end. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#emit(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const line = this.#rest + text.slice(start, end);
      if (!this.#isSkipping) this.#emit(line);
      this.#isSkipping = false;
      this.#rest = '';
      start = end + 1;
    }
    if (this.#isSkipping) return;
    this.#rest += text.slice(start);
    if (this.#rest.length <= MAX_LINE_CHARACTERS) return;
    this.#emit(this.#rest);
    this.#rest = '';
    this.#isSkipping = true;
  }

  #emit(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    this.#onLine(text.length > MAX_LINE_CHARACTERS ? text.slice(0, MAX_LINE_CHARACTERS - 1) + ELLIPSIS : text);
  }
}
