/**
 * Several traces in one number. Ratios are averaged geometrically, so that twice as good here and half as good there is neither; a floor on
 * both sides keeps what nobody sees (a shortage of a second in a fortnight) from deciding.
 */
import type { ScalerName } from '../contestants.ts';
import type { Outcome, Table } from '../lab.ts';
import { secondsOf, type Trace } from '../trace.ts';

/** Added to both sides of a ratio, in the unit of the score. */
const FLOORS = { thetaUnder: 0.001, failedShare: 0.00001, reversalsPerDay: 1 } as const;

/** The geometric means over the traces, of one scaler. */
export interface Means {
  readonly scaler: ScalerName;
  readonly traces: number;
  /** With its floor added, in per cent. */
  readonly thetaUnder: number;
  readonly failedShare: number;
  readonly reversalsPerDay: number;
  /** Replica-hours by those of the oracle. */
  readonly costRatio: number;
  readonly worstCostRatio: number;
}

/** One scaler against another: how many times its score, the geometric mean over the traces. */
export interface Comparison {
  readonly scaler: ScalerName;
  readonly other: ScalerName;
  readonly traces: number;
  readonly thetaUnder: number;
  readonly failedShare: number;
  readonly reversalsPerDay: number;
  /** The trace on which it did worst in each, and by how much. */
  readonly worstThetaUnder: Worst;
  readonly worstFailedShare: Worst;
}

export interface Worst {
  readonly trace: string;
  readonly ratio: number;
}

/** @param secondsOf length of a trace */
export function meansOf(outcomes: readonly Outcome[], table: Table, secondsOf: (trace: string) => number): Means[] {
  const inTable = outcomes.filter((one) => one.table === table);
  return [...new Set(inTable.map(({ scaler }) => scaler))].map((scaler) => {
    const own = inTable.filter((one) => one.scaler === scaler);
    const mean = (value: (one: Outcome) => number): number => geometricMean(own.map((one) => value(one)));
    const costs = own.map((one) => one.replicaHours / one.oracleReplicaHours);
    return {
      scaler,
      traces: own.length,
      thetaUnder: mean((one) => one.thetaUnder + FLOORS.thetaUnder),
      failedShare: mean((one) => one.failedShare + FLOORS.failedShare),
      reversalsPerDay: mean((one) => perDay(one, secondsOf) + FLOORS.reversalsPerDay),
      costRatio: geometricMean(costs),
      worstCostRatio: Math.max(...costs),
    };
  });
}

/** The first scaler against each of the others, over the traces that both ran on. */
export function comparisonsOf(
  outcomes: readonly Outcome[],
  table: Table,
  scaler: ScalerName,
  secondsOf: (trace: string) => number,
): Comparison[] {
  const inTable = outcomes.filter((one) => one.table === table);
  const others = new Set(inTable.map((one) => one.scaler).filter((name) => name !== scaler));
  return [...others].flatMap((other): Comparison[] => {
    const pairs = inTable
      .filter((one) => one.scaler === scaler)
      .flatMap((own) => {
        const against = inTable.find((one) => one.scaler === other && one.trace === own.trace);
        return against === undefined ? [] : [[own, against] as const];
      });
    if (pairs.length === 0) return [];
    const ratios = (floor: number, value: (one: Outcome) => number): Worst[] =>
      pairs.map(([own, against]) => ({ trace: own.trace, ratio: (value(own) + floor) / (value(against) + floor) }));
    const under = ratios(FLOORS.thetaUnder, (one) => one.thetaUnder);
    const failed = ratios(FLOORS.failedShare, (one) => one.failedShare);
    const reversals = ratios(FLOORS.reversalsPerDay, (one) => perDay(one, secondsOf));
    return [
      {
        scaler,
        other,
        traces: pairs.length,
        thetaUnder: meanRatio(under),
        failedShare: meanRatio(failed),
        reversalsPerDay: meanRatio(reversals),
        worstThetaUnder: worst(under),
        worstFailedShare: worst(failed),
      },
    ];
  });
}

/** The means of each scaler over several traces, and what `cartwright` has of each other one's; nothing of one trace. */
export function summarySentences(outcomes: readonly Outcome[], traces: readonly Trace[]): string[] {
  if (traces.length < 2) return [];
  const lengths = new Map(traces.map((trace) => [trace.name, secondsOf(trace)]));
  const lengthOf = (name: string): number => lengths.get(name)!;
  return [...new Set(outcomes.map(({ table }) => table))].flatMap((table) => {
    const compared = comparisonsOf(outcomes, table, 'cartwright', lengthOf);
    return meansOf(outcomes, table, lengthOf).map((one) => {
      const means = `${one.scaler}, ${table}, ${one.traces} traces: θU ${digits(one.thetaUnder)} %, failed ${digits(100 * one.failedShare)} %, ${digits(one.reversalsPerDay)} reversals a day, cost ${one.costRatio.toFixed(3)} × oracle`;
      const ratios = compared.find(({ other }) => other === one.scaler);
      if (ratios === undefined) return means;
      return `${means}; cartwright has ${digits(ratios.thetaUnder)} of its θU, ${digits(ratios.failedShare)} of its failed, ${digits(ratios.reversalsPerDay)} of its reversals`;
    });
  });
}

/** Three that count. */
function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function perDay({ reversals, trace }: Outcome, secondsOf: (trace: string) => number): number {
  return (reversals * 86_400) / secondsOf(trace);
}

function meanRatio(ratios: readonly Worst[]): number {
  return geometricMean(ratios.map(({ ratio }) => ratio));
}

function worst(ratios: readonly Worst[]): Worst {
  return ratios.reduce((most, one) => (one.ratio > most.ratio ? one : most));
}

/** Of positive numbers; NaN of none. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
