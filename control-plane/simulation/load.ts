/** What is asked of each component, and what its instances make of it: a queue before servers with a limit each. */
import { LATENCY_BUCKETS_MILLISECONDS, type TargetDemand } from '../../schema/mqtt/demand.ts';
import { between, chance, type Random } from './random.ts';

/** Requests that one instance serves at once, and how long each takes, in seconds. */
const CONCURRENCY = 10;
const SERVICE_SECONDS = 0.1;
const MOST_QUEUED = 200;

/** Requests per second over time: a slow wave, with steps that come and go. */
export class Trace {
  readonly #seconds: number;
  readonly #base: number;
  readonly #wave: number;
  readonly #period: number;
  readonly #steps: readonly { from: number; to: number; factor: number }[];

  /** `level`: requests per second around which it moves. */
  constructor(random: Random, level: number, seconds: number) {
    this.#seconds = seconds;
    this.#base = level * between(random, 0.7, 1.1);
    this.#wave = between(random, 0, 0.3);
    this.#period = between(random, 60, 240);
    const steps: { from: number; to: number; factor: number }[] = [];
    for (let from = 20; from < seconds; from += between(random, 20, 80)) {
      if (chance(random, 0.5))
        steps.push({ from, to: from + between(random, 10, 60), factor: between(random, 0.2, 2.5) });
    }
    this.#steps = steps;
  }

  /** Steady from the end of its seconds on. */
  at(time: number): number {
    const seconds = Math.min(time, this.#seconds);
    let rate = this.#base * (1 + this.#wave * Math.sin((2 * Math.PI * seconds) / this.#period));
    for (const { from, to, factor } of this.#steps) if (seconds >= from && seconds < to) rate *= factor;
    return rate;
  }
}

type Counters = { -readonly [K in keyof TargetDemand]: TargetDemand[K] };

/** A load balancer's counts of one component, in the session that it runs in. */
export class Target {
  readonly #counters: Counters = {
    ...{ inFlight: 0, queued: 0, inFlightSeconds: 0, queuedSeconds: 0, saturatedSeconds: 0, arrivals: 0 },
    ...{ completions: [0, 0, 0, 0, 0], serviceSeconds: 0, sheds: 0, failures: 0, bytesIn: 0, bytesOut: 0 },
    latency: new Array<number>(LATENCY_BUCKETS_MILLISECONDS.length + 1).fill(0),
    instances: {},
  };
  #queued = 0;
  #fraction = 0;

  /** Requests that were answered since the session began. */
  get answered(): number {
    return this.#counters.completions[1];
  }

  /** `seconds` of requests at a rate, over the instances that serve. */
  pass(seconds: number, rate: number, serving: readonly string[]): void {
    const exact = rate * seconds + this.#fraction;
    const arrivals = Math.floor(exact);
    this.#fraction = exact - arrivals;
    const capacity = Math.floor((serving.length * CONCURRENCY * seconds) / SERVICE_SECONDS);
    const served = Math.min(this.#queued + arrivals, capacity);
    const waiting = this.#queued + arrivals - served;
    this.#queued = Math.min(waiting, MOST_QUEUED);
    const sheds = waiting - this.#queued;
    const inFlight = (served / seconds) * SERVICE_SECONDS;
    const counters = this.#counters;
    counters.arrivals += arrivals;
    counters.completions = [0, counters.completions[1] + served, 0, 0, 0];
    counters.serviceSeconds += served * SERVICE_SECONDS;
    counters.sheds += sheds;
    counters.inFlightSeconds += (inFlight + this.#queued) * seconds;
    counters.queuedSeconds += this.#queued * seconds;
    if (this.#queued > 0 || sheds > 0) counters.saturatedSeconds += seconds;
    counters.queued = this.#queued;
    counters.inFlight = serving.length === 0 ? 0 : Math.round(inFlight);
    counters.bytesOut += served * 1000;
    const each = serving.length === 0 ? 0 : Math.floor(counters.inFlight / serving.length);
    counters.instances = Object.fromEntries(
      serving.map((instance) => [instance, { inFlight: each, inFlightSeconds: 0, completions: 0, failures: 0 }]),
    );
  }

  report(): TargetDemand {
    return { ...this.#counters };
  }
}
