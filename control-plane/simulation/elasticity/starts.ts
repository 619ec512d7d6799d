/** Replicas that were asked for and do not serve yet. Time in seconds since the beginning of the run. */
import { between, chance, randomOf, type Random } from '../random.ts';
import { BACK_OFF_SECONDS, type Scenario } from './scenario.ts';
import type { StartModel } from './workload.ts';

interface Start {
  /** When this attempt begins. */
  readonly begunAt: number;
  /** When it ends, in one way or the other. */
  readonly endsAt: number;
  readonly fails: boolean;
}

const NONE: readonly number[] = [];

export class Starts {
  readonly #model: StartModel;
  readonly #failing: number;
  readonly #random: Random;
  readonly #failures: Random;
  /** The first that will end first. */
  #starts: Start[] = [];

  constructor(model: StartModel, { failingStarts }: Scenario, seed: number) {
    this.#model = model;
    this.#failing = failingStarts;
    this.#random = randomOf(seed, 1);
    this.#failures = randomOf(seed, 5);
  }

  get count(): number {
    return this.#starts.length;
  }

  /** When the next one ends; infinity: none starts. */
  get nextEndAt(): number {
    return this.#starts[0]?.endsAt ?? Infinity;
  }

  /** Whose start failed, and is not begun again yet at `now`. */
  failed(now: number): number {
    if (this.#failing === 0) return 0;
    return this.#starts.reduce((count, { begunAt }) => (begunAt > now ? count + 1 : count), 0);
  }

  begin(count: number, now: number): void {
    for (let index = 0; index < count; index += 1) this.#starts.push(this.#start(now));
    this.#sort();
  }

  /** Gives up at most `count`, those with the longest way to go. Answers how many. */
  giveUp(count: number): number {
    if (count <= 0 || this.#starts.length === 0) return 0;
    return this.#starts.splice(Math.max(0, this.#starts.length - count)).length;
  }

  /** Takes out those that are ready at `now`; answers how long each took, in seconds. Those that failed are begun again later. */
  takeReady(now: number): readonly number[] {
    if (this.nextEndAt > now) return NONE;
    let ended = 0;
    while (ended < this.#starts.length && this.#starts[ended]!.endsAt <= now) ended += 1;
    const over = this.#starts.splice(0, ended);
    const failed = over.filter(({ fails }) => fails);
    for (const { endsAt } of failed) this.#starts.push(this.#start(endsAt + BACK_OFF_SECONDS));
    if (failed.length > 0) this.#sort();
    return over.filter(({ fails }) => !fails).map(({ begunAt, endsAt }) => endsAt - begunAt);
  }

  #start(begunAt: number): Start {
    const { seconds, jitter } = this.#model;
    const takes = seconds * between(this.#random, 1 - jitter, 1 + jitter);
    return { begunAt, endsAt: begunAt + takes, fails: this.#failing > 0 && chance(this.#failures, this.#failing) };
  }

  #sort(): void {
    this.#starts.sort((a, b) => a.endsAt - b.endsAt);
  }
}
