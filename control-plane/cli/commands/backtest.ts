/** `backtest`: what a policy would have done with the recorded demand of a service cluster. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT, notFound, usage } from '../exit.ts';
import { BacktestPolicy, CancelBacktest, GetBacktest, type BacktestFieldsFragment } from '../generated/operations.ts';
import { print, say } from '../io.ts';
import { liveText } from '../output/live.ts';
import type { Column } from '../output/printer.ts';
import { figure, NOTHING } from '../output/text.ts';
import { resolveTarget } from '../targets.ts';
import type { BacktestCommandOptions } from './register-scaling.ts';

type Backtest = BacktestFieldsFragment;
type Result = NonNullable<Backtest['result']>;

const LOOK_MILLISECONDS = 500;

export async function backtest(session: Session, file: string, options: BacktestCommandOptions): Promise<void> {
  const { io, printer } = session;
  const seconds = parseDuration(options.since, '--since', { most: '31d' });
  const policy = await readPolicy(resolve(io.cwd, file), file);
  const ref = await resolveTarget(session, options.application);
  const begun = await session.client.mutate(BacktestPolicy, {
    ...{ ref, policy, fileName: file },
    from: new Date(io.now() - seconds * 1000).toISOString(),
  });
  if (begun.backtest === null) throw new CliError(EXIT.failed, 'the control plane answered with no backtest');
  const ended = await untilEnded(session, begun.backtest);
  if (ended === undefined) return;
  const { result } = ended;
  if (result === null) throw new CliError(EXIT.failed, whyNot(ended));
  if (printer.format !== 'table') return printer.value(ended);
  print(io, `${result.sentence}\n`);
  print(io, await printer.table(rowsOf(result), COLUMNS));
  for (const note of result.notes) say(io, `note: ${note}`);
}

async function readPolicy(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw usage(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** Ctrl-C cancels it; `undefined` then. */
async function untilEnded(session: Session, begun: Backtest): Promise<Backtest | undefined> {
  const { io, client } = session;
  const progress = await liveText(io.stderr);
  let last = begun;
  try {
    while (last.finishedAt === null) {
      progress.show(progressOf(last, io.stderr.isTerminal));
      await wait(LOOK_MILLISECONDS, undefined, { signal: io.interrupted });
      const { backtest: now } = await client.query(GetBacktest, { uid: last.uid });
      if (now === null)
        throw notFound('the control plane was started anew and does not know the backtest any more; ask again');
      last = now;
    }
    return last;
  } catch (error) {
    if (!io.interrupted.aborted) throw error;
    await session.uninterrupted.mutate(CancelBacktest, { uid: last.uid });
    return undefined;
  } finally {
    progress.end();
  }
}

function progressOf({ state, progress }: Backtest, isTerminal: boolean): string {
  if (state === 'WAITING') return 'waiting for other backtests …';
  return isTerminal ? `simulating … ${Math.floor(progress * 100)} %` : 'simulating …';
}

function whyNot({ state, reason }: Backtest): string {
  if (reason !== null) return reason.message;
  return state === 'CANCELLED' ? 'the backtest was cancelled' : `the backtest ${state.toLowerCase()}`;
}

interface Row {
  readonly name: string;
  readonly scores: Result['recorded'] & Partial<Result['proposed']>;
}

function rowsOf({ proposed, inForce, recorded }: Result): Row[] {
  const rows = [
    { name: 'this policy', scores: proposed },
    { name: 'policy in force', scores: inForce },
    { name: 'what really ran', scores: recorded },
  ];
  return rows.flatMap(({ name, scores }) => (scores === null ? [] : [{ name, scores }]));
}

const count = (value: number | undefined): string => (value === undefined ? NOTHING : String(value));

const COLUMNS: readonly Column<Row>[] = [
  { title: '', value: ({ name }) => name },
  { title: 'REPLICA-HOURS', value: ({ scores }) => figure(scores.replicaHours) },
  { title: 'SHORT s', value: ({ scores }) => figure(scores.shortSeconds) },
  { title: 'UNDER %', value: ({ scores }) => scores.thetaUnder.toFixed(3) },
  { title: 'OVER %', value: ({ scores }) => scores.thetaOver.toFixed(1) },
  { title: 'ACTIONS', value: ({ scores }) => count(scores.scaleActions) },
  { title: 'REVERSALS', value: ({ scores }) => count(scores.reversals) },
  { title: 'MOST', value: ({ scores }) => count(scores.mostReplicas) },
];
