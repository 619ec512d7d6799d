/**
 * A run as it is drawn: the seconds divided into as many buckets as a chart has columns, of each the least and the most that there was. A mean
 * would hide just what a scaler is judged by: the short times in which it had too few.
 */
import type { LabSecond } from '../run.ts';

/** Columns of a chart; a run of fewer seconds has one for each. */
const MOST_BUCKETS = 720;

/** The least and the most of each bucket. */
export interface Extent {
  readonly least: Float64Array;
  readonly most: Float64Array;
}

export interface Series {
  readonly seconds: number;
  readonly rate: Extent;
  readonly required: Extent;
  readonly ready: Extent;
  /** Share of the seconds of a bucket in which fewer were ready than required. */
  readonly shortShare: Float64Array;
}

/** Takes the seconds of one run in their order. */
export class SeriesBuilder {
  readonly #seconds: number;
  readonly #buckets: number;
  readonly #series: Series;
  readonly #counts: Float64Array;

  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#buckets = Math.min(MOST_BUCKETS, seconds);
    const extent = (): Extent => ({
      least: new Float64Array(this.#buckets).fill(Infinity),
      most: new Float64Array(this.#buckets).fill(-Infinity),
    });
    this.#counts = new Float64Array(this.#buckets);
    const shortShare = new Float64Array(this.#buckets);
    this.#series = { seconds, rate: extent(), required: extent(), ready: extent(), shortShare };
  }

  add({ t, rate, required, ready }: LabSecond): void {
    const bucket = Math.floor((t * this.#buckets) / this.#seconds);
    widen(this.#series.rate, bucket, rate);
    widen(this.#series.required, bucket, required);
    widen(this.#series.ready, bucket, ready);
    this.#counts[bucket]! += 1;
    if (ready < required) this.#series.shortShare[bucket]! += 1;
  }

  /** Once all seconds were added. */
  build(): Series {
    return {
      ...this.#series,
      shortShare: this.#series.shortShare.map((short, bucket) => short / this.#counts[bucket]!),
    };
  }
}

function widen({ least, most }: Extent, bucket: number, value: number): void {
  if (value < least[bucket]!) least[bucket] = value;
  if (value > most[bucket]!) most[bucket] = value;
}
