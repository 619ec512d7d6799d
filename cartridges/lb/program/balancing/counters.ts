/**
 * What is counted for one service cluster behind the balancer. Pure: time is an argument, in seconds since the balancer
 * began, and never goes back.
 *
 * Every request that arrives ends exactly once, so that at any time
 * arrivals = completions + sheds + failures + abandoned + inFlight + queued.
 */
import {
  LATENCY_BUCKETS_MILLISECONDS,
  type InstanceDemand,
  type TargetDemand,
} from '../../../../schema/mqtt/demand.ts';

/** How long a shed keeps the service cluster saturated: sheds are moments, and saturation is measured in seconds. */
export const SHED_SATURATES_SECONDS = 1;

/** A level that changes in steps, and its exact integral over time. */
class Level {
  value = 0;
  #integral = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  add(change: number, now: number): void {
    this.#integral = this.integral(now);
    this.#since = Math.max(now, this.#since);
    this.value += change;
  }

  integral(now: number): number {
    return this.#integral + this.value * Math.max(0, now - this.#since);
  }
}

class InstanceCounters {
  readonly level: Level;
  completions = 0;
  failures = 0;

  constructor(now: number) {
    this.level = new Level(now);
  }

  report(now: number): InstanceDemand {
    return {
      inFlight: this.level.value,
      inFlightSeconds: this.level.integral(now),
      completions: this.completions,
      failures: this.failures,
    };
  }
}

export interface Completion {
  readonly status: number;
  readonly arrivedAt: number;
  readonly forwardedAt: number;
}

/** How one attempt at one instance ended; an attempt that failed may be followed by another elsewhere. */
export type AttemptResult = 'completed' | 'failed' | 'abandoned';

export class TargetCounters {
  readonly #inFlight: Level;
  readonly #queued: Level;
  readonly #instances = new Map<string, InstanceCounters>();
  readonly #completions: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  readonly #latency = new Array<number>(LATENCY_BUCKETS_MILLISECONDS.length + 1).fill(0);
  #arrivals = 0;
  #sheds = 0;
  #failures = 0;
  #abandoned = 0;
  #throttled = 0;
  #ejections = 0;
  #affinityBroken = 0;
  #serviceSeconds = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #saturatedSeconds = 0;
  #saturationSince: number;
  #shedUntil = 0;

  constructor(now: number) {
    this.#inFlight = new Level(now);
    this.#queued = new Level(now);
    this.#saturationSince = now;
  }

  get inFlight(): number {
    return this.#inFlight.value;
  }

  get queued(): number {
    return this.#queued.value;
  }

  arrived(): void {
    this.#arrivals++;
  }

  enqueued(now: number): void {
    this.#settleSaturation(now);
    this.#queued.add(1, now);
  }

  dequeued(now: number): void {
    this.#settleSaturation(now);
    this.#queued.add(-1, now);
  }

  forwarded(instance: string, now: number): void {
    this.#inFlight.add(1, now);
    this.#instance(instance, now).level.add(1, now);
  }

  /** The end of what {@link forwarded} began. The request itself ends with one of the four methods below, or goes on. */
  attemptEnded(instance: string, result: AttemptResult, now: number): void {
    this.#inFlight.add(-1, now);
    const counters = this.#instance(instance, now);
    counters.level.add(-1, now);
    if (result === 'completed') counters.completions++;
    if (result === 'failed') counters.failures++;
  }

  completed({ status, arrivedAt, forwardedAt }: Completion, now: number): void {
    const statusClass = Math.min(4, Math.max(0, Math.floor(status / 100) - 1));
    this.#completions[statusClass]!++;
    this.#serviceSeconds += Math.max(0, now - forwardedAt);
    this.#latency[latencyBucket((now - arrivedAt) * 1000)]!++;
  }

  failed(): void {
    this.#failures++;
  }

  shed(now: number): void {
    this.#settleSaturation(now);
    this.#shedUntil = now + SHED_SATURATES_SECONDS;
    this.#sheds++;
  }

  /** The client went away before it was answered. */
  abandoned(): void {
    this.#abandoned++;
  }

  /** Refused by a limit; it never arrived. */
  throttled(): void {
    this.#throttled++;
  }

  /** An instance was taken out for failing. */
  ejected(): void {
    this.#ejections++;
  }

  /** A client with another instance's cookie was answered by this one. */
  affinityBroken(): void {
    this.#affinityBroken++;
  }

  received(bytes: number): void {
    this.#bytesIn += bytes;
  }

  sent(bytes: number): void {
    this.#bytesOut += bytes;
  }

  /** Reports the instance from now on, even before it gets a request. */
  track(instance: string, now: number): void {
    this.#instance(instance, now);
  }

  /** Drops the counts of an instance that has nothing in flight. */
  forget(instance: string): void {
    this.#instances.delete(instance);
  }

  report(now: number): TargetDemand {
    this.#settleSaturation(now);
    const instances: Record<string, InstanceDemand> = {};
    for (const [instance, counters] of this.#instances) instances[instance] = counters.report(now);
    const queuedSeconds = this.#queued.integral(now);
    return {
      inFlight: this.#inFlight.value,
      queued: this.#queued.value,
      inFlightSeconds: this.#inFlight.integral(now) + queuedSeconds,
      queuedSeconds,
      saturatedSeconds: this.#saturatedSeconds,
      arrivals: this.#arrivals,
      completions: [...this.#completions],
      serviceSeconds: this.#serviceSeconds,
      sheds: this.#sheds,
      failures: this.#failures,
      abandoned: this.#abandoned,
      throttled: this.#throttled,
      ejections: this.#ejections,
      affinityBroken: this.#affinityBroken,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      latency: [...this.#latency],
      instances,
    };
  }

  #instance(instance: string, now: number): InstanceCounters {
    let counters = this.#instances.get(instance);
    if (!counters) this.#instances.set(instance, (counters = new InstanceCounters(now)));
    return counters;
  }

  #settleSaturation(now: number): void {
    const end = this.#queued.value > 0 ? now : Math.min(now, this.#shedUntil);
    this.#saturatedSeconds += Math.max(0, end - this.#saturationSince);
    this.#saturationSince = Math.max(now, this.#saturationSince);
  }
}

/** Index of the first bucket whose upper bound is not below the latency. */
export function latencyBucket(milliseconds: number): number {
  const index = LATENCY_BUCKETS_MILLISECONDS.findIndex((bound) => milliseconds <= bound);
  return index === -1 ? LATENCY_BUCKETS_MILLISECONDS.length : index;
}
