/** What is scaled: replicas behind a balancer. Two of one shape, request by request and as a fluid. */

/** One second of a plant. Counts are of this second; means are over time. */
export interface PlantSecond {
  readonly arrivals: number;
  /** Answered in time. */
  readonly completions: number;
  /** Refused as the queue was full, or not answered in time. */
  readonly failed: number;
  /** Mean number that replicas served. */
  readonly serving: number;
  /** Mean number that waited. */
  readonly waiting: number;
  /** That wait at the end of the second. */
  readonly queued: number;
  /** Refused as the queue was full. */
  readonly shed: number;
  /** Seconds of service of the requests that ended. */
  readonly serviceSeconds: number;
  /** Durations of the starts that ended, in seconds. */
  readonly started: readonly number[];
  /** At the end of the second. */
  readonly ready: number;
  readonly starting: number;
}

export interface Plant {
  /** One more second, in which `rate` requests per second arrive. */
  step(rate: number): PlantSecond;
  /** From now on so many replicas, those that start included. What starts is given up first; what serves ends what it has. */
  scaleTo(replicas: number): void;
  /** Of all answers until now: how many of them took at most so many seconds, by growing seconds. */
  readonly latencies: LatencyHistogram;
}

/** Steps of 1 % from 1 ms on: a quantile is right to half of that. */
const LOWEST_SECONDS = 0.001;
const RATIO = Math.log(1.01);

export class LatencyHistogram {
  #counts = new Float64Array(1024);

  /** @param weight number of requests that took `seconds` */
  add(seconds: number, weight = 1): void {
    const bucket = seconds <= LOWEST_SECONDS ? 0 : Math.ceil(Math.log(seconds / LOWEST_SECONDS) / RATIO);
    this.#counts[Math.min(bucket, this.#counts.length - 1)]! += weight;
  }

  /** Seconds that the share `quantile` of the answers did not exceed; null without any. */
  quantile(quantile: number): number | null {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return null;
    let seen = 0;
    let last = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      if (count === 0) continue;
      last = bucket;
      seen += count;
      if (seen >= quantile * total) break;
    }
    return LOWEST_SECONDS * Math.exp(last * RATIO);
  }

  /** `[seconds, count]` for each bucket that has any. */
  buckets(): [number, number][] {
    return [...this.#counts.entries()].flatMap(([bucket, count]): [number, number][] =>
      count === 0 ? [] : [[LOWEST_SECONDS * Math.exp(bucket * RATIO), count]],
    );
  }
}
