/** A feed that a test fills by hand. Several may read it; each item goes to one of them. */

export class HandFeed<T> {
  /** Times that a reader asked for an item. */
  pulls = 0;
  /** Readers that are there. */
  readers = 0;
  readonly #items: T[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;
  #failure: Error | undefined;

  /** The feed as the app hands it out: ends when the signal aborts. */
  async *open(signal: AbortSignal): AsyncGenerator<T> {
    this.readers += 1;
    signal.addEventListener('abort', () => this.#wake());
    try {
      for (;;) {
        this.pulls += 1;
        while (this.#waits(signal)) await new Promise<void>((resolve) => this.#waiting.add(resolve));
        if (signal.aborted || (this.#ended && this.#items.length === 0)) return;
        if (this.#failure !== undefined) throw this.#failure;
        yield this.#items.shift()!;
      }
    } finally {
      this.readers -= 1;
    }
  }

  push(...items: T[]): void {
    this.#items.push(...items);
    this.#wake();
  }

  /** Ends the feed once what was pushed has been read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  #waits(signal: AbortSignal): boolean {
    return this.#items.length === 0 && !this.#ended && this.#failure === undefined && !signal.aborted;
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
