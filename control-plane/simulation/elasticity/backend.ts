/** One backend behind all replicas: so many requests at once, the others wait for it in the order in which they came. */

interface Waiting {
  readonly replica: number;
  readonly arrivedAt: number;
  /** Since when the replica has it. */
  readonly takenAt: number;
}

export class Backend {
  readonly #capacity: number;
  #inUse = 0;
  /** From `#head` on. */
  #waiting: Waiting[] = [];
  #head = 0;

  /** @param capacity null: as many as come */
  constructor(capacity: number | null) {
    this.#capacity = capacity ?? Infinity;
  }

  get waits(): boolean {
    return this.#head < this.#waiting.length;
  }

  /** Of those that wait; there must be one. */
  get oldestArrival(): number {
    return this.#waiting[this.#head]!.arrivedAt;
  }

  /** Whether there was a place. */
  enter(): boolean {
    if (this.#inUse >= this.#capacity) return false;
    this.#inUse += 1;
    return true;
  }

  leave(): void {
    this.#inUse -= 1;
  }

  wait(request: Waiting): void {
    this.#waiting.push(request);
  }

  /** The one that came first; there must be one. */
  next(): Waiting {
    const first = this.#waiting[this.#head]!;
    this.#head += 1;
    if (this.#head * 2 > this.#waiting.length && this.#head > 1024) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
