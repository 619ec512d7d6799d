/**
 * Reads what was recorded of a service cluster for a backtest: in steps of 10 s as far back as these are kept, of a minute before. Not of a second, which
 * is kept for the last hour only: the chance of single requests would count there and nowhere else.
 */
import { unknownColumn } from '../../domain/history/block.ts';
import { DEMAND } from '../../domain/history/demand.ts';
import { seriesIn } from '../../domain/history/rollup.ts';
import { blockStart, TIERS, type Tier } from '../../domain/history/tiers.ts';
import type { RecordedPart } from '../../domain/backtests/recorded-demand.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { readSpan, type Span } from '../history/read.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import type { HistoryStore } from '../history/store.ts';

/** What settles of the newest seconds is not known before. */
const SETTLED_SECONDS = 5;
/** Unpacked at once, which takes some milliseconds; deciding goes on between. */
const BLOCKS_AT_ONCE = 6;

const [, FINE, COARSE] = TIERS as readonly [Tier, Tier, Tier, Tier];

export type RecordedReader = (
  cluster: ClusterState,
  time: { readonly from: number; readonly to: number; readonly now: number },
) => Promise<readonly RecordedPart[]>;

export interface RecordedSource {
  readonly store: HistoryStore;
  readonly recorder: HistoryRecorder;
  /** Lets everything else have its turn. */
  readonly pause: () => Promise<void>;
}

/** `from`, `to` and `now` in milliseconds since the epoch; whole steps of [from, to) that are over. */
export function recordedReader({ store, recorder, pause }: RecordedSource): RecordedReader {
  return async (cluster, { from, to, now }) => {
    const second = Math.floor(now / 1000);
    const end = Math.min(Math.floor(to / 1000), second - SETTLED_SECONDS);
    const parts: RecordedPart[] = [];
    for (const span of spansOf(Math.floor(from / 1000), end, second)) {
      const part = unknownPart(span);
      for (const piece of piecesOf(span)) {
        const block = await readSpan(store, recorder, cluster, piece, second);
        const at = (piece.from - span.from) / span.tier.stepSeconds;
        for (const [column, series] of COLUMNS) {
          const values = seriesIn(block, series);
          if (values !== undefined) part[column].set(values.mean, at);
        }
        await pause();
      }
      parts.push(part);
    }
    return parts;
  };
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

/** The same span in pieces of a few blocks, so that each block is read once. */
export function piecesOf({ tier, from, points }: Span): Span[] {
  const end = from + points * tier.stepSeconds;
  const pieces: Span[] = [];
  for (let start = from; start < end; start = pieceEnd(tier, start))
    pieces.push({ tier, from: start, points: (Math.min(end, pieceEnd(tier, start)) - start) / tier.stepSeconds });
  return pieces;
}

function pieceEnd(tier: Tier, start: number): number {
  return blockStart(tier, start) + BLOCKS_AT_ONCE * tier.blockSeconds;
}

const COLUMNS = [
  ['demand', DEMAND],
  ['arrivals', 'requestsPerSecond'],
  ['active', 'instances.active'],
  ['starting', 'instances.starting'],
] as const;

function unknownPart({ tier, from, points }: Span): RecordedPart {
  const column = (): Float32Array => unknownColumn(points);
  return {
    ...{ from, stepSeconds: tier.stepSeconds },
    ...{ demand: column(), arrivals: column(), active: column(), starting: column() },
  };
}
