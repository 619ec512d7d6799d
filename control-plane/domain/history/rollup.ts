/**
 * Making a coarser tier of a finer one: of each step the mean and the maximum. Idempotent, since a coarse point is computed from
 * the fine ones that it covers and never added to.
 */
import { unknownColumn, type Block } from './block.ts';

/** Names of the two columns that a series has in every tier but the finest, where it has one of its own name. */
export function meanOf(series: string): string {
  return `${series}.mean`;
}
export function maximumOf(series: string): string {
  return `${series}.maximum`;
}

/** Points of a series in a block, whatever the tier. `undefined` when it has none of it. */
export function seriesIn(
  block: Block,
  series: string,
): { readonly mean: Float32Array; readonly maximum: Float32Array } | undefined {
  const own = block.columns.get(series);
  if (own !== undefined) return { mean: own, maximum: own };
  const mean = block.columns.get(meanOf(series));
  const maximum = block.columns.get(maximumOf(series));
  return mean === undefined || maximum === undefined ? undefined : { mean, maximum };
}

/** Names of the series that a block has points of. */
export function seriesOf(block: Block): string[] {
  const names = [...block.columns.keys()].map((name) => name.replace(/\.(mean|maximum)$/, ''));
  return [...new Set(names)];
}

/**
 * `coarse` with the points that `fine` covers computed anew. `first` is where the first point of `fine` lies within `coarse`,
 * in fine points; `ratio` fine points make one coarse point. A coarse point of which nothing is known stays as it was.
 */
export function rollUp(coarse: Block, fine: Block, first: number, ratio: number): Block {
  const columns = new Map(coarse.columns);
  for (const series of seriesOf(fine)) {
    const { mean, maximum } = seriesIn(fine, series)!;
    const means = columns.get(meanOf(series))?.slice() ?? unknownColumn(coarse.points);
    const maxima = columns.get(maximumOf(series))?.slice() ?? unknownColumn(coarse.points);
    for (let start = 0; start < fine.points; start += ratio) {
      const point = Math.floor((first + start) / ratio);
      const known = summary(mean, maximum, start, Math.min(start + ratio, fine.points));
      if (known === undefined || point < 0 || point >= coarse.points) continue;
      means[point] = known.mean;
      maxima[point] = known.maximum;
    }
    columns.set(meanOf(series), means);
    columns.set(maximumOf(series), maxima);
  }
  return { columns, points: coarse.points };
}

/** Mean and maximum of what is known between two points; `undefined` where nothing is. */
export function summary(
  mean: Float32Array,
  maximum: Float32Array,
  from: number,
  to: number,
): { readonly mean: number; readonly maximum: number } | undefined {
  let sum = 0;
  let count = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = from; index < to; index += 1) {
    const value = mean[index]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
    most = Math.max(most, maximum[index]!);
  }
  return count === 0 ? undefined : { mean: sum / count, maximum: most };
}
