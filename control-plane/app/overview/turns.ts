/**
 * Much that is to be done at once, a part of it in each turn of the event loop: whatever else is to be done (samples to be taken in, decisions to be
 * made) comes in between.
 */
import type { Clock, Timer } from '../ports/clock.ts';

interface Waiting {
  readonly cost: number;
  readonly go: () => void;
}

export class Turns {
  readonly #clock: Pick<Clock, 'setTimeout'>;
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #spent = 0;
  #timer: Timer | null = null;

  /** @param most that is done in one turn, in whatever a cost is measured in; something that costs more has a turn for itself */
  constructor(clock: Pick<Clock, 'setTimeout'>, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Resolves when its turn has come: at once while little is done in this one, else behind all that came before. */
  take(cost: number): Promise<void> {
    this.#timer ??= this.#clock.setTimeout(() => this.#next(), 0);
    if (this.#waiting.length === 0 && this.#fits(cost)) {
      this.#spent += cost;
      return Promise.resolve();
    }
    return new Promise((go) => void this.#waiting.push({ cost, go }));
  }

  /** Nobody is kept waiting. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const { go } of this.#waiting.splice(0)) go();
  }

  #next(): void {
    this.#spent = 0;
    this.#timer = null;
    if (this.#waiting.length > 0) this.#timer = this.#clock.setTimeout(() => this.#next(), 0);
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0]!.cost)) {
      const { cost, go } = this.#waiting.shift()!;
      this.#spent += cost;
      go();
    }
  }

  #fits(cost: number): boolean {
    return this.#spent === 0 || this.#spent + cost <= this.#most;
  }
}
