/**
 * Reads what was recorded of a service cluster for a backtest: in steps of 10 s as far back as these are kept, of a minute before. Not of a second, which
 * is kept for the last hour only: the chance of single requests would count there and nowhere else.
 */
import { unknownColumn, type Block } from '../../domain/history/block.ts';
import { DEMAND } from '../../domain/history/demand.ts';
import { seriesIn } from '../../domain/history/rollup.ts';
import { TIERS, type Tier } from '../../domain/history/tiers.ts';
import type { RecordedPart } from '../../domain/backtests/recorded-demand.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { readSpan, type Span } from '../history/read.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import type { HistoryStore } from '../history/store.ts';

/** What settles of the newest seconds is not known before. */
const SETTLED_SECONDS = 5;

const [, FINE, COARSE] = TIERS as readonly [Tier, Tier, Tier, Tier];

export type RecordedReader = (
  cluster: ClusterState,
  time: { readonly from: number; readonly to: number; readonly now: number },
) => Promise<readonly RecordedPart[]>;

/** `from`, `to` and `now` in milliseconds since the epoch; whole steps of [from, to) that are over. */
export async function readRecorded(
  store: HistoryStore,
  recorder: HistoryRecorder,
  cluster: ClusterState,
  { from, to, now }: { readonly from: number; readonly to: number; readonly now: number },
): Promise<readonly RecordedPart[]> {
  const second = Math.floor(now / 1000);
  const end = Math.min(Math.floor(to / 1000), second - SETTLED_SECONDS);
  const parts: RecordedPart[] = [];
  for (const span of spansOf(Math.floor(from / 1000), end, second))
    parts.push(partOf(span, await readSpan(store, recorder, cluster, span, second)));
  return parts;
}

/** Seconds since the epoch. */
export function spansOf(from: number, to: number, now: number): Span[] {
  // Steps of the coarser tier that lie in what is kept of the finer one as a whole.
  const change = Math.ceil((now - FINE.keepSeconds) / COARSE.stepSeconds) * COARSE.stepSeconds;
  return [
    { tier: COARSE, from, to: Math.min(to, change) },
    { tier: FINE, from: Math.max(from, change), to },
  ].flatMap(({ tier, from: begin, to: end }) => {
    const first = Math.floor(begin / tier.stepSeconds) * tier.stepSeconds;
    const points = Math.floor((end - first) / tier.stepSeconds);
    return points <= 0 ? [] : [{ tier, from: first, points }];
  });
}

function partOf({ tier, from, points }: Span, block: Block): RecordedPart {
  const column = (series: string): Float32Array => seriesIn(block, series)?.mean ?? unknownColumn(points);
  return {
    ...{ from, stepSeconds: tier.stepSeconds },
    ...{ demand: column(DEMAND), arrivals: column('requestsPerSecond') },
    ...{ active: column('instances.active'), starting: column('instances.starting') },
  };
}
