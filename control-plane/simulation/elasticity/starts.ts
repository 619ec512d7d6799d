/** Replicas that were asked for and do not serve yet. Time in seconds since the beginning of the run. */
import { between, type Random } from '../random.ts';
import type { StartModel } from './workload.ts';

interface Start {
  readonly askedAt: number;
  readonly readyAt: number;
}

const NONE: readonly number[] = [];

export class Starts {
  readonly #model: StartModel;
  readonly #random: Random;
  /** The first that will be ready first. */
  #starts: Start[] = [];

  constructor(model: StartModel, random: Random) {
    this.#model = model;
    this.#random = random;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** When the next one is ready; infinity: none starts. */
  get nextReadyAt(): number {
    return this.#starts[0]?.readyAt ?? Infinity;
  }

  begin(count: number, now: number): void {
    const { seconds, jitter } = this.#model;
    for (let index = 0; index < count; index += 1) {
      const takes = seconds * between(this.#random, 1 - jitter, 1 + jitter);
      this.#starts.push({ askedAt: now, readyAt: now + takes });
    }
    this.#starts.sort((a, b) => a.readyAt - b.readyAt);
  }

  /** Gives up at most `count`, those with the longest way to go. Answers how many. */
  giveUp(count: number): number {
    if (count <= 0 || this.#starts.length === 0) return 0;
    return this.#starts.splice(Math.max(0, this.#starts.length - count)).length;
  }

  /** Takes out those that are ready at `now`; answers how long each took, in seconds. */
  takeReady(now: number): readonly number[] {
    if (this.nextReadyAt > now) return NONE;
    let ready = 0;
    while (ready < this.#starts.length && this.#starts[ready]!.readyAt <= now) ready += 1;
    return this.#starts.splice(0, ready).map(({ askedAt, readyAt }) => readyAt - askedAt);
  }
}
