/** Wakes whoever waits for a change. Coalesces: many changes while nobody waits wake once, so a slow reader sees the newest. */
export class Signal {
  #version = 0;
  #waiting = new Set<() => void>();

  get version(): number {
    return this.#version;
  }

  notify(): void {
    this.#version += 1;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Resolves once the version is above `seen`, or when `signal` aborts. */
  after(seen: number, signal: AbortSignal): Promise<void> {
    if (this.#version > seen || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
