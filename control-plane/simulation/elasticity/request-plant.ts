/**
 * The plant request by request: Poisson arrivals, lognormal service times, the replica with the fewest in flight, a bounded queue for all. One
 * event loop; everything follows from the seed.
 */
import { normalOf, randomOf, type Random } from '../random.ts';
import { EventHeap } from './event-heap.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Plant, PlantOptions, PlantSecond } from './plant.ts';
import { Backend } from './backend.ts';
import { Replicas } from './replicas.ts';
import { failsFast, START_COST_SHARE, type Scenario } from './scenario.ts';
import { Starts } from './starts.ts';
import type { ServiceModel } from './workload.ts';

export class RequestPlant implements Plant {
  readonly latencies = new LatencyHistogram();
  readonly #service: ServiceModel;
  readonly #scenario: Scenario;
  readonly #starts: Starts;
  readonly #backend: Backend;
  /** Of each replica, until when its own work takes a part of it. */
  readonly #warmUntil: number[] = [];
  readonly #replicas: Replicas;
  readonly #ends = new EventHeap();
  readonly #arrivals: Random;
  readonly #drawService: () => number;
  /** Times at which those that wait arrived, from `#head` on: a ring. */
  readonly #waiting: Float64Array;
  #head = 0;
  #queued = 0;
  #second = 0;
  #serving = 0;
  /** What is counted of the second that runs. */
  #now = 0;
  #servingSeconds = 0;
  #waitingSeconds = 0;
  #counts = nothing();
  #failsFast = false;

  constructor({ service, start, scenario, initial, seed }: PlantOptions) {
    this.#service = service;
    this.#scenario = scenario;
    this.#starts = new Starts(start, scenario, seed);
    this.#backend = new Backend(scenario.backendCapacity);
    this.#replicas = new Replicas(service.concurrency);
    this.#arrivals = randomOf(seed, 2);
    this.#drawService = lognormal(service, randomOf(seed, 3));
    this.#waiting = new Float64Array(Math.max(1, service.queueLimit));
    for (let index = 0; index < initial; index += 1) this.#replicas.add();
  }

  scaleTo(replicas: number): void {
    const change = replicas - this.#replicas.ready - this.#starts.count;
    if (change > 0) this.#starts.begin(change, this.#second);
    else this.#replicas.drain(-change - this.#starts.giveUp(-change));
  }

  step(rate: number): PlantSecond {
    const end = this.#second + 1;
    this.#counts = nothing();
    this.#failsFast = failsFast(this.#scenario, this.#second);
    this.#servingSeconds = 0;
    this.#waitingSeconds = 0;
    const started: number[] = [];
    // Without memory: a gap that reaches over the end of the second is drawn again there.
    let nextArrival = this.#after(this.#second, rate);
    for (;;) {
      const at = Math.min(nextArrival, this.#ends.nextAt, this.#starts.nextEndAt);
      if (at >= end) break;
      this.#passTo(at);
      if (at === nextArrival) {
        this.#arrive(at);
        nextArrival = this.#after(at, rate);
      } else if (at === this.#ends.nextAt) this.#end(at);
      else {
        const ready = this.#starts.takeReady(at);
        started.push(...ready);
        for (let index = 0; index < ready.length; index += 1)
          this.#warmUntil[this.#replicas.add()] = at + this.#scenario.startCostSeconds;
        this.#serveWaiting(at);
      }
    }
    this.#passTo(end);
    this.#forgetLateAtBackend(end);
    this.#serveWaiting(end);
    this.#second = end;
    return {
      ...this.#counts,
      ...{ serving: this.#servingSeconds, waiting: this.#waitingSeconds, queued: this.#queued },
      ...{ started, ready: this.#replicas.ready, starting: this.#starts.count },
      ...{ failedStarting: this.#starts.failed(end), warming: this.#warming(end) },
    };
  }

  #after(at: number, rate: number): number {
    return rate === 0 ? Infinity : at - Math.log(1 - this.#arrivals()) / rate;
  }

  #passTo(at: number): void {
    const passed = at - this.#now;
    this.#servingSeconds += passed * this.#serving;
    this.#waitingSeconds += passed * this.#queued;
    this.#now = at;
  }

  #arrive(at: number): void {
    this.#counts.arrivals += 1;
    if (this.#failsFast) {
      this.#counts.failed += 1;
      return;
    }
    const replica = this.#queued === 0 ? this.#replicas.take() : -1;
    if (replica >= 0) return this.#serve(replica, at, at);
    this.#forgetLate(at);
    if (this.#queued >= this.#service.queueLimit) {
      this.#counts.shed += 1;
      this.#counts.failed += 1;
      return;
    }
    this.#waiting[(this.#head + this.#queued) % this.#waiting.length] = at;
    this.#queued += 1;
  }

  #serve(replica: number, arrivedAt: number, at: number): void {
    this.#serving += 1;
    if (this.#backend.enter()) this.#begin(replica, arrivedAt, at, at);
    else this.#backend.wait({ replica, arrivedAt, takenAt: at });
  }

  /** @param takenAt since when the replica has it */
  #begin(replica: number, arrivedAt: number, takenAt: number, at: number): void {
    const isWarming = (this.#warmUntil[replica] ?? 0) > at;
    const seconds = this.#drawService() / (isWarming ? 1 - START_COST_SHARE : 1);
    this.#ends.push(at + seconds, replica, arrivedAt, at - takenAt + seconds);
  }

  #end(at: number): void {
    const { replica, arrivedAt, seconds } = this.#ends.pop();
    this.#serving -= 1;
    this.#replicas.give(replica);
    const took = at - arrivedAt;
    if (took > this.#service.timeoutSeconds) this.#counts.failed += 1;
    else {
      this.#counts.completions += 1;
      this.#counts.serviceSeconds += seconds;
      this.latencies.add(took);
    }
    this.#backend.leave();
    this.#serveBackend(at);
    this.#serveWaiting(at);
  }

  /** Whoever waits for the backend: first come, first served, and gone after the timeout. */
  #serveBackend(at: number): void {
    this.#forgetLateAtBackend(at);
    while (this.#backend.waits && this.#backend.enter()) {
      const { replica, arrivedAt, takenAt } = this.#backend.next();
      this.#begin(replica, arrivedAt, takenAt, at);
    }
  }

  #forgetLateAtBackend(at: number): void {
    while (this.#backend.waits && at - this.#backend.oldestArrival > this.#service.timeoutSeconds) {
      const { replica } = this.#backend.next();
      this.#serving -= 1;
      this.#replicas.give(replica);
      this.#counts.failed += 1;
    }
  }

  #serveWaiting(at: number): void {
    this.#forgetLate(at);
    while (this.#queued > 0) {
      const replica = this.#replicas.take();
      if (replica < 0) return;
      this.#serve(replica, this.#takeWaiting(), at);
    }
  }

  /** Who waited for so long has gone. */
  #forgetLate(at: number): void {
    while (this.#queued > 0 && at - this.#waiting[this.#head]! > this.#service.timeoutSeconds) {
      this.#takeWaiting();
      this.#counts.failed += 1;
    }
  }

  #warming(now: number): number {
    if (this.#scenario.startCostSeconds === 0) return 0;
    // A replica that is gone may have warmed still.
    return Math.min(
      this.#replicas.ready,
      this.#warmUntil.reduce((count, until) => (until > now ? count + 1 : count), 0),
    );
  }

  #takeWaiting(): number {
    const arrivedAt = this.#waiting[this.#head]!;
    this.#head = (this.#head + 1) % this.#waiting.length;
    this.#queued -= 1;
    return arrivedAt;
  }
}

function nothing() {
  return { arrivals: 0, completions: 0, failed: 0, shed: 0, serviceSeconds: 0 };
}

/** Mean m, location l and shape σ: l + exp(μ + σ·N) with μ = ln (m − l) − σ²/2. */
function lognormal({ meanSeconds, locationSeconds, shape }: ServiceModel, random: Random): () => number {
  if (shape === 0) return () => meanSeconds;
  const logarithm = Math.log(meanSeconds - locationSeconds) - (shape * shape) / 2;
  const normal = normalOf(random);
  return () => locationSeconds + Math.exp(logarithm + shape * normal());
}
