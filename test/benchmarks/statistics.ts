/** Order statistics of measured samples. */

/** The nearest-rank percentile of samples that are sorted already; `share` within 0–1. */
export function percentileOfSorted(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) throw new Error('a percentile needs at least one sample');
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** The nearest-rank median. Throws where there is no sample. */
export function median(samples: readonly number[]): number {
  return percentileOfSorted(Float64Array.from(samples).sort(), 0.5);
}
