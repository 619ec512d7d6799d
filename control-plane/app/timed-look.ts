/** Looking at something now and then, and when somebody asks for it: never twice at the same time. */
import type { Clock, Timer } from './ports/clock.ts';

export interface TimedLookOptions {
  readonly everyMilliseconds: number;
  readonly look: () => Promise<void>;
  /** What `look` threw; the next one comes all the same. */
  readonly onFailure: (error: Error) => void;
  readonly clock: Pick<Clock, 'setInterval'>;
}

export class TimedLook {
  readonly #options: TimedLookOptions;
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;

  constructor(options: TimedLookOptions) {
    this.#options = options;
  }

  /** The first one comes after the time between two. */
  start(): void {
    const { clock, everyMilliseconds } = this.#options;
    this.#timer ??= clock.setInterval(() => void this.now(), everyMilliseconds);
  }

  /** The look that is under way, else one that begins now. Never rejects. */
  now(): Promise<void> {
    const { look, onFailure } = this.#options;
    this.#looking ??= look()
      .catch((error: unknown) => onFailure(error as Error))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  /** Ends the timer, and waits for the look that is under way. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#looking;
  }
}
