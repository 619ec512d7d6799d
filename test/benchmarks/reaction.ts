/**
 * From a step of the load to the decision: the real app with the real broker, database and payloads; agents without an
 * application behind them. Fifty service clusters of five ready instances each get, at a random phase, a step of requests in
 * flight from half of their capacity at target to twice of it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Figure } from './benchmark.ts';
import { percentileOfSorted } from './statistics.ts';
import { makeReactionWorld, type ReactionWorld, type Trial } from './reaction-world.ts';

const TRIALS = 50;
const CALM_SECONDS = 20;
const SPREAD_SECONDS = 10;
const LIMIT_SECONDS = 15;

interface Reaction {
  /** Step to decision, in seconds, and its parts. */
  readonly total: number;
  /** From the step to the balancer's next report. */
  readonly untilReport: number;
  /** From that report until the control plane has it. */
  readonly transport: number;
  /** From then to the decision: more reports until the step shows, and the wait for the loop. */
  readonly untilDecision: number;
  /** From the first report that lies wholly behind the step. */
  readonly afterFullSample: number;
}

export const reaction: Benchmark = {
  name: 'reaction',
  description: 'From a step of requests in flight (0.5 to 2 × the capacity of 5 instances) to the decision to grow.',
  async run(report) {
    const directory = await mkdtemp(join(tmpdir(), 'cartwright-bench-'));
    const world = await makeReactionWorld(directory, TRIALS, {
      calmSeconds: CALM_SECONDS,
      spreadSeconds: SPREAD_SECONDS,
    });
    try {
      const reactions = await measure(world);
      report(figures(reactions));
    } finally {
      await world.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function measure(world: ReactionWorld): Promise<Reaction[]> {
  const deadline = Math.max(...world.trials.map(({ stepAt }) => stepAt)) + LIMIT_SECONDS * 1000;
  while (Date.now() < deadline && world.trials.some((trial) => trial.decidedAt === null)) await sleep(100);
  const missed = world.trials.filter((trial) => trial.decidedAt === null);
  if (missed.length > 0)
    throw new Error(`${missed.length} of ${world.trials.length} steps led to no decision within ${LIMIT_SECONDS} s`);
  const early = world.trials.filter((trial) => trial.decidedAt! < trial.stepAt);
  if (early.length > 0) throw new Error(`${early.length} decisions to grow came before their step: the calm was none`);
  return world.trials.map(reactionOf);
}

function reactionOf(trial: Trial): Reaction {
  const decidedAt = trial.decidedAt!;
  const report = trial.reports.find(({ sentAt }) => sentAt >= trial.stepAt)!;
  const full = trial.reports.find(({ sentAt }) => sentAt >= trial.stepAt + 1000) ?? report;
  return {
    total: (decidedAt - trial.stepAt) / 1000,
    untilReport: (report.sentAt - trial.stepAt) / 1000,
    transport: (report.receivedAt - report.sentAt) / 1000,
    untilDecision: (decidedAt - report.receivedAt) / 1000,
    afterFullSample: Math.max(0, decidedAt - full.sentAt) / 1000,
  };
}

function figures(reactions: readonly Reaction[]): Figure[] {
  const sorted = (part: keyof Reaction): Float64Array =>
    Float64Array.from(reactions, (reaction) => reaction[part]).sort();
  const samples = reactions.length;
  const totals = sorted('total');
  const sum = totals.reduce((a, b) => a + b, 0);
  const share = (name: string, part: keyof Reaction): Figure => ({
    name: `reaction-share-${name}`,
    value: Math.round((1000 * sorted(part).reduce((a, b) => a + b, 0)) / sum) / 10,
    unit: '%',
    samples,
  });
  return [
    { name: 'reaction', value: percentileOfSorted(totals, 0.5), unit: 's', samples },
    { name: 'reaction-p99', value: percentileOfSorted(totals, 0.99), unit: 's', samples },
    {
      name: 'reaction-after-full-sample-p99',
      value: percentileOfSorted(sorted('afterFullSample'), 0.99),
      unit: 's',
      samples,
    },
    share('until-report', 'untilReport'),
    share('transport', 'transport'),
    share('until-decision', 'untilDecision'),
  ];
}
