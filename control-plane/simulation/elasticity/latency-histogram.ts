/** How long answers took: counts in steps of 1 % from 1 ms on, so that a quantile is right to half of that. */

const LOWEST_SECONDS = 0.001;
const RATIO = Math.log(1.01);
/** Of a count: a fluid has fractions of requests. As in the file, so that quantiles computed from it are the same. */
const COUNT_UNIT = 1e4;

export class LatencyHistogram {
  #counts = new Float64Array(1024);

  /** @param weight number of requests that took `seconds` */
  add(seconds: number, weight = 1): void {
    const bucket = seconds <= LOWEST_SECONDS ? 0 : Math.ceil(Math.log(seconds / LOWEST_SECONDS) / RATIO);
    this.#counts[Math.min(bucket, this.#counts.length - 1)]! += weight;
  }

  /** What {@link buckets} gave, rounded or not. */
  static of(buckets: Iterable<readonly [seconds: number, count: number]>): LatencyHistogram {
    const histogram = new LatencyHistogram();
    for (const [seconds, count] of buckets)
      histogram.#counts[Math.round(Math.log(seconds / LOWEST_SECONDS) / RATIO)]! += count;
    return histogram;
  }

  /** Seconds that the share `quantile` of the answers did not exceed; null without any. */
  quantile(quantile: number): number | null {
    const buckets = this.buckets();
    const total = buckets.reduce((sum, [, count]) => sum + count, 0);
    let seen = 0;
    for (const [seconds, count] of buckets) {
      seen += count;
      if (seen >= quantile * total) return seconds;
    }
    return buckets.at(-1)?.[0] ?? null;
  }

  /** Answers that took at most `seconds`, which is rounded down to the bounds of a bucket. */
  within(seconds: number): number {
    return this.buckets().reduce((sum, [most, count]) => (most <= seconds * (1 + 1e-9) ? sum + count : sum), 0);
  }

  /** `[at most so many seconds, count]` for each bucket that has any, by growing seconds. */
  buckets(): [seconds: number, count: number][] {
    return [...this.#counts.entries()].flatMap(([bucket, count]): [number, number][] => {
      const recorded = Math.round(count * COUNT_UNIT) / COUNT_UNIT;
      return recorded === 0 ? [] : [[LOWEST_SECONDS * Math.exp(bucket * RATIO), recorded]];
    });
  }
}
