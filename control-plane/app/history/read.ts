/** Answers what the demand of a service cluster was: from the tier that fits, and from the newest seconds where that ends. */
import { unknownColumn, type Block } from '../../domain/history/block.ts';
import { rollUp, seriesIn, seriesOf, summary } from '../../domain/history/rollup.ts';
import { pointsOf, tierFor, TIERS, type Tier } from '../../domain/history/tiers.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { HistoryRecorder } from './recorder.ts';
import type { HistoryStore } from './store.ts';

/** Points of an answer; a question for more gets wider steps. */
export const MOST_POINTS = 2000;

export interface HistorySeries {
  readonly name: string;
  /** What one instance shall carry of it by the policy of now; null: it is no factor of that. */
  readonly target: number | null;
  /** By point; null where nothing is known. */
  readonly mean: readonly (number | null)[];
  readonly maximum: readonly (number | null)[];
}

export interface History {
  /** Start of the first point, in milliseconds since the epoch. */
  readonly from: number;
  readonly stepSeconds: number;
  readonly points: number;
  readonly series: readonly HistorySeries[];
}

/** A span of time in points of a tier. Seconds since the epoch. */
export interface Span {
  readonly tier: Tier;
  readonly from: number;
  readonly points: number;
}

export interface HistoryQuestion {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Seconds between points, at least; the next step that is kept is taken. */
  readonly stepSeconds: number;
  /** Most points of the answer, 1 to {@link MOST_POINTS}; steps get as wide as that needs. */
  readonly points?: number;
  readonly now: number;
}

export type HistoryReader = (cluster: ClusterState, question: HistoryQuestion) => Promise<History>;

export async function readHistory(
  store: HistoryStore,
  recorder: HistoryRecorder,
  cluster: ClusterState,
  question: HistoryQuestion,
): Promise<History> {
  const most = question.points ?? MOST_POINTS;
  const asked = Math.max(question.stepSeconds, (question.to - question.from) / 1000 / most, 1);
  const now = Math.floor(question.now / 1000);
  const tier = tierFor(question.from / 1000, asked, now);
  let step = tier.stepSeconds * Math.ceil(asked / tier.stepSeconds);
  // Steps begin at multiples of themselves: both ends may need one more.
  if (question.points !== undefined) while (pointsIn(question, step) > most) step += tier.stepSeconds;
  const from = startOf(question, step);
  const points = pointsIn(question, step);
  const span: Span = { tier, from, points: (points * step) / tier.stepSeconds };
  const whole = await readSpan(store, recorder, cluster, span, now);
  const { factors } = cluster.plan.effective;
  const targetOf = (name: string): number | null => factors.find((factor) => factor.name === name)?.target ?? null;
  return {
    from: from * 1000,
    stepSeconds: step,
    points,
    series: shaped(whole, points, step / tier.stepSeconds, targetOf),
  };
}

function startOf({ from }: Pick<HistoryQuestion, 'from'>, step: number): number {
  return Math.floor(from / 1000 / step) * step;
}

function pointsIn(question: Pick<HistoryQuestion, 'from' | 'to'>, step: number): number {
  return Math.max(0, Math.ceil((question.to / 1000 - startOf(question, step)) / step));
}

/** All that is known of a span, whether or not it has been rolled up. `now` in seconds since the epoch. */
export async function readSpan(
  store: HistoryStore,
  recorder: HistoryRecorder,
  cluster: ClusterState,
  span: Span,
  now: number,
): Promise<Block> {
  const stored = await collect(store, recorder, cluster, span);
  return span.tier === TIERS[0] ? stored : withNewest(store, recorder, cluster, span, stored, now);
}

/** What is stored of a span, as one block. */
async function collect(
  store: HistoryStore,
  recorder: HistoryRecorder,
  cluster: ClusterState,
  { tier, from, points }: Span,
): Promise<Block> {
  const to = from + points * tier.stepSeconds;
  const blocks = await store.find(cluster.record.uid, tier, from, to);
  const open = tier === TIERS[0] ? recorder.open(cluster) : undefined;
  const columns = new Map<string, Float32Array>();
  for (const part of open === undefined ? blocks : [...blocks.filter((block) => block.from !== open.from), open]) {
    const offset = (part.from - from) / tier.stepSeconds;
    for (const [name, values] of part.block.columns) {
      const column = columns.get(name) ?? unknownColumn(points);
      columns.set(name, column);
      for (let index = Math.max(0, -offset); index < Math.min(pointsOf(tier), points - offset); index += 1)
        column[index + offset] = values[index]!;
    }
  }
  return { columns, points };
}

/** The coarse points that are not rolled up yet, from the finest tier: those that lie in it as a whole, or are not known. */
async function withNewest(
  store: HistoryStore,
  recorder: HistoryRecorder,
  cluster: ClusterState,
  span: Span,
  stored: Block,
  now: number,
): Promise<Block> {
  const [finest] = TIERS;
  const { stepSeconds } = span.tier;
  const kept = now - finest.keepSeconds;
  const start = Math.max(span.from, Math.floor(kept / stepSeconds) * stepSeconds);
  const end = Math.min(span.from + span.points * stepSeconds, now + 1);
  if (end <= start) return stored;
  const newest = await collect(store, recorder, cluster, { tier: finest, from: start, points: end - start });
  const rolled = rollUp({ columns: new Map(), points: span.points }, newest, start - span.from, stepSeconds);
  const columns = new Map(stored.columns);
  for (const [name, values] of rolled.columns) {
    const column = columns.get(name)?.slice() ?? unknownColumn(span.points);
    columns.set(name, column);
    for (const [index, value] of values.entries()) {
      const isWhole = span.from + index * stepSeconds >= kept;
      if (!Number.isNaN(value) && (isWhole || Number.isNaN(column[index]!))) column[index] = value;
    }
  }
  return { columns, points: span.points };
}

function shaped(
  block: Block,
  points: number,
  ratio: number,
  targetOf: (name: string) => number | null,
): HistorySeries[] {
  return seriesOf(block)
    .sort()
    .flatMap((name) => {
      const series = seriesIn(block, name);
      if (series === undefined) return [];
      const values = Array.from({ length: points }, (_, point) =>
        summary(series.mean, series.maximum, point * ratio, (point + 1) * ratio),
      );
      if (values.every((value) => value === undefined)) return [];
      return {
        name,
        target: targetOf(name),
        mean: values.map((value) => value?.mean ?? null),
        maximum: values.map((value) => value?.maximum ?? null),
      };
    });
}
