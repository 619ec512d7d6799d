/** A feed that a test fills by hand. */

export class HandFeed<T> implements AsyncIterable<T> {
  /** Times that a reader asked for an item. */
  pulls = 0;
  /** Readers that are there. */
  readers = 0;
  readonly #items: T[] = [];
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #signal: AbortSignal | undefined;

  /** The feed as the app hands it out: ends when the signal aborts. */
  open(signal: AbortSignal): this {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.());
    return this;
  }

  push(...items: T[]): void {
    this.#items.push(...items);
    this.#wake?.();
  }

  /** Ends the feed once what was pushed has been read. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }

  #waits(): boolean {
    return this.#items.length === 0 && !this.#ended && this.#failure === undefined && this.#signal?.aborted !== true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    this.readers += 1;
    try {
      for (;;) {
        this.pulls += 1;
        while (this.#waits()) await new Promise<void>((resolve) => (this.#wake = resolve));
        if (this.#signal?.aborted === true || (this.#ended && this.#items.length === 0)) return;
        if (this.#failure !== undefined) throw this.#failure;
        yield this.#items.shift()!;
      }
    } finally {
      this.readers -= 1;
    }
  }
}
