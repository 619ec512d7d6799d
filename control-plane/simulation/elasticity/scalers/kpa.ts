/**
 * Knative's pod autoscaler with its default settings, on concurrency. Built from its documentation:
 * https://knative.dev/docs/serving/autoscaling/ (concurrency, kpa-specific: stable window 60 s, panic window 10 % of it, panic threshold
 * 200 %, tick 2 s; rate limits: up ×1000, down ÷2).
 *
 * Each tick: the mean concurrency of each window by the target is what each wants. It panics once the panic window wants at least twice
 * what is ready; while it panics the number never falls; it calms down after a stable window below the threshold.
 */
import { within, type Bounds, type ReplicaCounts, type Sample, type Scaler } from './scaler.ts';

export interface KpaOptions extends Bounds {
  /** Requests in flight that a pod shall have on average. */
  readonly target: number;
  readonly initial: number;
}

const TICK_SECONDS = 2;
const STABLE_SECONDS = 60;
const PANIC_SECONDS = 6;
const PANIC_THRESHOLD = 2;
const MOST_UP = 1000;
const MOST_DOWN = 2;

export class Kpa implements Scaler {
  readonly name = 'kpa';
  readonly #options: KpaOptions;
  #samples: Sample[] = [];
  #desired: number;
  /** When the panic window last wanted that much; null: calm. */
  #panickedAt: number | null = null;
  #most = 0;

  constructor(options: KpaOptions) {
    this.#options = options;
    this.#desired = options.initial;
  }

  decide(now: number, samples: readonly Sample[], { ready }: ReplicaCounts): number {
    for (const sample of samples) this.#samples.push(sample);
    const since = now - STABLE_SECONDS;
    let old = 0;
    while (old < this.#samples.length && this.#samples[old]!.end <= since) old += 1;
    if (old > 0) this.#samples.splice(0, old);
    if (now % TICK_SECONDS === 0 && this.#samples.length > 0) this.#tick(now, ready);
    return this.#desired;
  }

  #tick(now: number, readyPods: number): void {
    const { target } = this.#options;
    const ready = Math.max(1, readyPods);
    const limited = (concurrency: number): number =>
      Math.min(
        Math.ceil(ready * MOST_UP),
        Math.max(Math.floor(ready / MOST_DOWN), Math.ceil(concurrency / target - 1e-9)),
      );
    const stable = limited(this.#mean(now - STABLE_SECONDS));
    const panic = limited(this.#mean(now - PANIC_SECONDS));
    if (panic / ready >= PANIC_THRESHOLD) this.#panickedAt = now;
    else if (this.#panickedAt !== null && now - this.#panickedAt > STABLE_SECONDS) {
      this.#panickedAt = null;
      this.#most = 0;
    }
    if (this.#panickedAt !== null) {
      this.#most = Math.max(this.#most, stable, panic);
      this.#desired = within(this.#options, this.#most);
    } else this.#desired = within(this.#options, stable);
  }

  #mean(since: number): number {
    let [sum, count] = [0, 0];
    for (let index = this.#samples.length - 1; index >= 0; index -= 1) {
      const { end, inFlight } = this.#samples[index]!;
      if (end <= since) break;
      sum += inFlight;
      count += 1;
    }
    return count === 0 ? 0 : sum / count;
  }
}
