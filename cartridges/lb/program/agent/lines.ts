/** Splits a stream of bytes into lines of bounded length. */
export class Lines {
  readonly #limitBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #tooLong = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True once a line exceeded the limit: nothing more comes out. */
  get isTooLong(): boolean {
    return this.#tooLong;
  }

  /** The lines that these bytes complete, without their ends; empty ones are left out. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1 && !this.#tooLong; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = this.#tooLong ? '' : Buffer.concat(this.#parts).toString('utf8').trim();
      this.#parts = [];
      this.#bytes = 0;
      if (line !== '') lines.push(line);
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#limitBytes) this.#tooLong = true;
    if (this.#tooLong) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }
}
