/** `cartwright simulate`: scalers against traces of load, in virtual time. Needs no control plane. */
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LabFolder } from '../../simulation/elasticity/files.ts';
import { runLab, type LabOptions, type Outcome } from '../../simulation/elasticity/lab.ts';
import { LabFileError, rescored } from '../../simulation/elasticity/rescore.ts';
import { partOf, secondsOf, type Trace } from '../../simulation/elasticity/trace.ts';
import { summarySentences } from '../../simulation/elasticity/report/summary.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { say, type Io } from '../io.ts';
import { parseWhole } from '../numbers.ts';
import type { Column, Printer } from '../output/printer.ts';
import { policyOf, tracesOf } from './simulate-inputs.ts';
import { conditionsOf, partFrom, scalersOf, type SimulateOptions } from './simulate-options.ts';

export async function simulate(io: Io, printer: Printer, options: SimulateOptions): Promise<void> {
  if (options.scoresOf !== undefined) return rescore(io, printer, options, options.scoresOf);
  if (options.trace === undefined) throw usage('expected --trace FILE or --scores-of DIR');
  const lab = await labOf(io, options, options.trace);
  const { out } = options;
  const folder = out === undefined ? undefined : writing(out, () => new LabFolder(resolve(io.cwd, out), lab));
  const outcomes: Outcome[] = [];
  const runs = runLab(lab, folder ?? null);
  for (;;) {
    // A run leaves no time for anything else: here a signal is heard.
    await setImmediate();
    if (io.interrupted.aborted) return;
    const next = writing(out, () => runs.next());
    if (next.done === true) break;
    const outcome = next.value;
    if (outcome === undefined) continue;
    outcomes.push(outcome);
    if (printer.format === 'table') await printer.row(outcome, COLUMNS);
    writing(out, () => folder?.scores(outcomes));
  }
  if (printer.format !== 'table') await printer.value(outcomes);
  writing(out, () => folder?.report(outcomes));
  for (const sentence of summarySentences(outcomes, lab.traces)) say(io, sentence);
  for (const sentence of objectiveSentences(outcomes, lab.conditions.service.objectiveSeconds)) say(io, sentence);
  if (folder !== undefined)
    say(io, `${resolve(io.cwd, out!)}: report.html, report.md, scores.json, and two files of each run`);
}

/** What writes to the folder `out`, if there is one. */
function writing<T>(out: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (out === undefined || syscall === undefined) throw error;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is no folder' : `${code}`;
    throw new CliError(EXIT.failed, `--out: ${out} cannot be written (${why}); name another folder, or make room`, {
      cause: error,
    });
  }
}

async function labOf(io: Io, options: SimulateOptions, files: readonly string[]): Promise<LabOptions> {
  const conditions = conditionsOf(options);
  const scalers = scalersOf(options.scaler);
  const policy = await policyOf(io, options.policy, conditions);
  const peak = options.peak === undefined ? undefined : parseWhole(options.peak, '--peak', 1, 10_000);
  const part = options.part === undefined ? undefined : partFrom(options.part);
  const whole = await tracesOf(io, files);
  const traces = part === undefined ? whole : whole.map((trace) => partOf(trace, part));
  const withEqualCost = options.equalCost ?? false;
  const isStepped = options.steps ?? false;
  const quota = options.quota === undefined ? undefined : quotaOf(options.quota, traces, withEqualCost);
  return { traces, part, scalers, policy, conditions, isStepped, peak, withEqualCost, quota };
}

/** All run at once, so that they have to be of one length; and there is one replica for each at least. */
function quotaOf(text: string, traces: readonly Trace[], withEqualCost: boolean): number {
  if (withEqualCost) throw usage('--quota: whoever shares a quota has no cost of its own; leave out --equal-cost');
  const other = traces.find((trace) => secondsOf(trace) !== secondsOf(traces[0]!));
  if (other !== undefined)
    throw new CliError(EXIT.failed, `--quota: ${other.name} is not as long as ${traces[0]!.name}, and all run at once`);
  return parseWhole(text, '--quota', traces.length, 1_000_000);
}

/** For each scaler how many requests were answered within the objective, over all service clusters. */
function objectiveSentences(outcomes: readonly Outcome[], objectiveSeconds: number | null): string[] {
  if (objectiveSeconds === null) return [];
  const names = new Set(outcomes.map(({ scaler, table }) => `${scaler}, ${table}`));
  return [...names].map((name) => {
    const own = outcomes.filter(({ scaler, table }) => `${scaler}, ${table}` === name);
    const ended = own.reduce((sum, one) => sum + one.ended, 0);
    const within = own.reduce((sum, one) => sum + one.ended * (one.objectiveShare ?? 0), 0);
    const mean = own.reduce((sum, one) => sum + (one.objectiveShare ?? 0), 0) / own.length;
    return `${name}: ${(within / ended).toFixed(4)} of all requests answered within ${objectiveSeconds} s; mean over the traces ${mean.toFixed(4)}`;
  });
}

/** The scores of a folder computed again from the files of its runs; fails where one is another than in its scores.json. */
async function rescore(io: Io, printer: Printer, options: SimulateOptions, name: string): Promise<void> {
  if (options.trace !== undefined) throw usage('--scores-of: reads the files of a run that is over; leave out --trace');
  const outcomes: Outcome[] = [];
  const differences: string[] = [];
  try {
    for await (const { computed, difference } of rescored(resolve(io.cwd, name))) {
      outcomes.push(computed);
      if (printer.format === 'table') await printer.row(computed, COLUMNS);
      const { trace, scaler, table } = computed;
      if (difference !== null) differences.push(`${trace}, ${scaler}, ${table}: ${difference}`);
    }
  } catch (error) {
    if (error instanceof LabFileError || error instanceof SyntaxError)
      throw new CliError(EXIT.failed, `${name}: ${error.message}`, { cause: error });
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError(EXIT.failed, `${name}: cannot be read (${code}); expected what --out leaves`, { cause: error });
  }
  if (printer.format !== 'table') await printer.value(outcomes);
  if (differences.length > 0) throw new CliError(EXIT.failed, differences.join('\n'));
  say(io, `${name}: all ${outcomes.length} runs have the scores of scores.json, to the digit`);
}

const number = (value: number, digits: number): string => value.toFixed(digits).padStart(9);

const COLUMNS: readonly Column<Outcome>[] = [
  { title: 'TRACE', value: ({ trace }) => trace.padEnd(26) },
  { title: 'SCALER', value: ({ scaler }) => scaler.padEnd(10) },
  { title: 'TABLE', value: ({ table, isNearestOnly }) => `${table}${isNearestOnly ? '*' : ''}`.padEnd(11) },
  { title: '  UNDER %', value: ({ thetaUnder }) => number(thetaUnder, 4) },
  { title: '   OVER %', value: ({ thetaOver }) => number(thetaOver, 1) },
  { title: ' FAILED %', value: ({ failedShare }) => number(failedShare * 100, 4) },
  { title: '   P99 ms', value: ({ p99Milliseconds }) => (p99Milliseconds === null ? '-' : number(p99Milliseconds, 0)) },
  { title: '    HOURS', value: ({ replicaHours }) => number(replicaHours, 1) },
  { title: ' × ORACLE', value: ({ replicaHours, oracleReplicaHours }) => number(replicaHours / oracleReplicaHours, 3) },
  { title: '  ACTIONS', value: ({ scaleActions }) => number(scaleActions, 0) },
  { title: 'REVERSALS', value: ({ reversals }) => number(reversals, 0) },
];
