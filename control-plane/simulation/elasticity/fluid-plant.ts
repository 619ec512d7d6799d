/**
 * The plant as a fluid: the limit of many small requests, without chance. In a second with λ arrivals, R ready replicas that serve c at
 * once and a mean service time S, at most R·c/S are served; what is left waits, and what would wait longer than the timeout fails.
 */
import { LatencyHistogram } from './latency-histogram.ts';
import type { Plant, PlantOptions, PlantSecond } from './plant.ts';
import { failsFast, type Scenario } from './scenario.ts';
import { Starts } from './starts.ts';
import type { ServiceModel } from './workload.ts';

export class FluidPlant implements Plant {
  readonly latencies = new LatencyHistogram();
  readonly #service: ServiceModel;
  readonly #scenario: Scenario;
  readonly #starts: Starts;
  #ready: number;
  #second = 0;
  #queued = 0;

  constructor({ service, start, scenario, initial, seed }: PlantOptions) {
    this.#service = service;
    this.#scenario = scenario;
    this.#starts = new Starts(start, scenario, seed);
    this.#ready = initial;
  }

  scaleTo(replicas: number): void {
    const change = replicas - this.#ready - this.#starts.count;
    if (change > 0) this.#starts.begin(change, this.#second);
    else this.#ready -= -change - this.#starts.giveUp(-change);
  }

  step(asked: number): PlantSecond {
    const { concurrency, meanSeconds, timeoutSeconds, queueLimit } = this.#service;
    const started = this.#starts.takeReady(this.#second);
    const refused = failsFast(this.#scenario, this.#second) ? asked : 0;
    const rate = asked - refused;
    this.#ready += started.length;
    this.#second += 1;
    const perSecond = (this.#ready * concurrency) / meanSeconds;
    const before = this.#queued;
    const completions = Math.min(perSecond, before + rate);
    const left = before + rate - completions;
    const kept = Math.min(left, queueLimit);
    // What is further back in the queue than is served until its timeout leaves it by then.
    const inTime = Math.min(kept, perSecond * Math.max(0, timeoutSeconds - meanSeconds));
    this.#queued = inTime;
    const waiting = (before + inTime) / 2;
    if (completions > 0) this.latencies.add(meanSeconds + waiting / Math.max(completions, perSecond), completions);
    return {
      arrivals: asked,
      completions,
      failed: left - inTime + refused,
      shed: left - kept,
      queued: inTime,
      serving: completions * meanSeconds,
      waiting,
      serviceSeconds: completions * meanSeconds,
      started,
      ready: this.#ready,
      starting: this.#starts.count,
      failedStarting: this.#starts.failed(this.#second),
      warming: 0,
    };
  }
}
