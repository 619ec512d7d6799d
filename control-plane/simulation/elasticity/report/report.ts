/** What a report says, whatever it is written in: the tables, and what is drawn of each run. */
import type { ScalerName } from '../contestants.ts';
import type { Outcome, Table } from '../lab.ts';
import type { Series } from './series.ts';
import { comparisonsOf, meansOf, type Worst } from './summary.ts';

/** One run as it is drawn. */
export interface Chart {
  readonly trace: string;
  readonly scaler: ScalerName;
  readonly table: Table;
  readonly series: Series;
}

export interface ReportTable {
  readonly title: string;
  readonly head: readonly string[];
  /** The first of a row is its name. */
  readonly rows: readonly (readonly string[])[];
}

export interface TraceReport {
  readonly name: string;
  readonly seconds: number;
  readonly tables: readonly ReportTable[];
  readonly charts: readonly Chart[];
}

export interface Report {
  /** The conditions of the runs, as name and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly overall: readonly ReportTable[];
  readonly traces: readonly TraceReport[];
  /** What the marks in the tables mean. */
  readonly notes: readonly string[];
}

const TABLES: readonly Table[] = ['defaults', 'equal-cost'];
const TITLES: Readonly<Record<Table, string>> = {
  defaults: 'everybody’s defaults',
  'equal-cost': 'at the replica-hours of cartwright',
};

export function reportOf(facts: Report['facts'], outcomes: readonly Outcome[], charts: readonly Chart[]): Report {
  const seconds = new Map(charts.map(({ trace, series }) => [trace, series.seconds]));
  const secondsOf = (trace: string): number => seconds.get(trace) ?? Number.NaN;
  const tables = TABLES.filter((table) => outcomes.some((one) => one.table === table));
  return {
    facts,
    overall: tables.flatMap((table) => overallOf(outcomes, table, secondsOf)),
    traces: [...new Set(outcomes.map(({ trace }) => trace))].map((name) => {
      const own = outcomes.filter(({ trace }) => trace === name);
      return {
        name,
        seconds: secondsOf(name),
        tables: TABLES.filter((table) => own.some((one) => one.table === table)).map((table) => scoresOf(own, table)),
        charts: charts.filter(({ trace }) => trace === name),
      };
    }),
    notes: [
      'θU, θO: replicas that were missing, or too many, by those required; mean over time. τU, τO: share of the time with any of them. υ: share of the time in which supply and demand did not change in the same direction.',
      'Geometric means and ratios over the traces have floors added to both sides: 0.001 % for θU, 0.001 % for failed, 1 a day for reversals.',
      '* no target reaches the cost within 1 %; this is the nearest.',
    ],
  };
}

function overallOf(outcomes: readonly Outcome[], table: Table, secondsOf: (trace: string) => number): ReportTable[] {
  const means: ReportTable = {
    title: `Geometric means over the traces, ${TITLES[table]}`,
    head: ['scaler', 'traces', 'θU %', 'failed %', 'reversals a day', '× oracle', 'worst × oracle'],
    rows: meansOf(outcomes, table, secondsOf).map((one) => [
      one.scaler,
      String(one.traces),
      digits(one.thetaUnder, 4),
      digits(100 * one.failedShare, 4),
      digits(one.reversalsPerDay, 1),
      digits(one.costRatio, 3),
      digits(one.worstCostRatio, 3),
    ]),
  };
  const compared = comparisonsOf(outcomes, table, 'cartwright', secondsOf);
  if (compared.length === 0) return [means];
  const ratios: ReportTable = {
    title: `cartwright by each of the others, ${TITLES[table]}`,
    head: ['by', 'traces', 'θU', 'failed', 'reversals', 'worst θU', 'worst failed'],
    rows: compared.map((one) => [
      one.other,
      String(one.traces),
      digits(one.thetaUnder, 3),
      digits(one.failedShare, 3),
      digits(one.reversalsPerDay, 3),
      worstText(one.worstThetaUnder),
      worstText(one.worstFailedShare),
    ]),
  };
  return [means, ratios];
}

function scoresOf(outcomes: readonly Outcome[], table: Table): ReportTable {
  return {
    title: `Scores, ${TITLES[table]}`,
    head: ['scaler', 'target', 'θU %', 'θO %', 'τU %', 'τO %', 'υ %', 'failed %', 'p50 ms', 'p95 ms', 'p99 ms'].concat([
      'replica-hours',
      '× oracle',
      'actions',
      'reversals',
    ]),
    rows: outcomes
      .filter((one) => one.table === table)
      .map((one) => [
        `${one.scaler}${one.isNearestOnly ? ' *' : ''}`,
        one.target === null ? '–' : digits(one.target, 2),
        digits(one.thetaUnder, 4),
        digits(one.thetaOver, 1),
        digits(one.timeUnder, 3),
        digits(one.timeOver, 1),
        digits(one.instability, 2),
        digits(100 * one.failedShare, 4),
        milliseconds(one.p50Milliseconds),
        milliseconds(one.p95Milliseconds),
        milliseconds(one.p99Milliseconds),
        digits(one.replicaHours, 1),
        digits(one.replicaHours / one.oracleReplicaHours, 3),
        String(one.scaleActions),
        String(one.reversals),
      ]),
  };
}

function digits(value: number, count: number): string {
  return Number.isFinite(value) ? value.toFixed(count) : '–';
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}

function worstText({ trace, ratio }: Worst): string {
  return `${digits(ratio, 3)} (${trace})`;
}
