/** Demand of the past, as a recorder would have left it. */
import { encodeBlock, type Block } from '../../domain/history/block.ts';
import { DEMAND } from '../../domain/history/demand.ts';
import { maximumOf, meanOf } from '../../domain/history/rollup.ts';
import { blockStart, pointsOf, TIERS, type Tier } from '../../domain/history/tiers.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { HistoryStore } from '../history/store.ts';
import type { Repository } from '../ports/store.ts';
import type { HistoryBlockRecord } from '../records/usage.ts';

export interface Past {
  readonly tier?: Tier;
  /** Milliseconds since the epoch; whole blocks that overlap [from, to) are written. */
  readonly from: number;
  readonly to: number;
  /** Of each step, by its begin in seconds since the epoch; NaN: nothing was recorded. */
  readonly demand: (second: number) => number;
  readonly serviceSeconds: number;
  readonly active: number;
}

/** In steps of 10 s unless a tier is named. */
export async function recordPast(
  history: Repository<HistoryBlockRecord>,
  cluster: Pick<ClusterState, 'record'>,
  { tier = TIERS[1]!, from, to, demand, serviceSeconds, active }: Past,
): Promise<void> {
  const store = new HistoryStore(history);
  for (let start = blockStart(tier, from / 1000); start < to / 1000; start += tier.blockSeconds) {
    const points = pointsOf(tier);
    const column = (value: (second: number) => number): Float32Array =>
      Float32Array.from({ length: points }, (_, index) => {
        const second = start + index * tier.stepSeconds;
        return second * 1000 >= from && second * 1000 < to ? value(second) : Number.NaN;
      });
    const series = {
      [DEMAND]: column(demand),
      requestsPerSecond: column((second) => demand(second) / serviceSeconds),
      'instances.active': column(() => active),
      'instances.starting': column(() => 0),
    };
    const columns = Object.entries(series).flatMap(([name, values]): [string, Float32Array][] => [
      [meanOf(name), values],
      [maximumOf(name), values],
    ]);
    const block: Block = { columns: new Map(columns), points };
    await store.save(cluster, tier, start, encodeBlock(block));
  }
}
