/** One backtest from what is recorded to its result. */
import type { EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { courseSteps, recordedCourse } from '../../domain/backtests/course.ts';
import { explainBacktest } from '../../domain/backtests/explain.ts';
import { coverageOf } from '../../domain/backtests/recorded-demand.ts';
import { recordedScores } from '../../domain/backtests/scores.ts';
import { simulatedPolicy, type SimulatedPolicy } from '../../domain/backtests/simulated-policy.ts';
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { BacktestRunner } from '../ports/backtests.ts';
import type { RecordedReader } from './read-recorded.ts';
import type { BacktestResult } from './use-cases.ts';

/** Less says nothing of a policy: a window is that long, and a start takes half of it. */
const LEAST_COVERED_SECONDS = 60;
/** Where nobody asked anything, and how long it would have taken does not matter. */
const ANY_SERVICE_SECONDS = 0.1;
const FALLBACK_START_SECONDS = 30;

export interface Measured {
  readonly cluster: ClusterState;
  readonly proposed: SimulatedPolicy & { readonly policy: EffectivePolicy };
  readonly concurrency: number;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly read: RecordedReader;
  readonly runner: Pick<BacktestRunner, 'run'>;
}

/** Throws `RequestError` NOTHING_RECORDED. */
export async function measure(
  { cluster, proposed, concurrency, read, runner, ...time }: Measured,
  options: Parameters<BacktestRunner['run']>[1],
): Promise<BacktestResult> {
  const parts = await read(cluster, time);
  const coverage = coverageOf(parts);
  if (coverage.coveredSeconds < LEAST_COVERED_SECONDS) throw nothingRecorded(cluster, coverage.coveredSeconds);
  const inForce = simulatedPolicy(cluster.plan.effective, 'the policy in force');
  const startSeconds = startSecondsOf(cluster);
  const steps = courseSteps(parts);
  const [first, second = null] = await runner.run(
    {
      ...{ parts, concurrency, startSeconds, steps },
      serviceSeconds: coverage.serviceSeconds ?? ANY_SERVICE_SECONDS,
      policies: [proposed.policy, ...(inForce.policy === null ? [] : [inForce.policy])],
    },
    options,
  );
  const scores = {
    proposed: first!.scores,
    inForce: second?.scores ?? null,
    recorded: recordedScores(parts, concurrency),
  };
  return {
    sentence: explainBacktest({ ...coverage, ...scores, to: Math.min(time.to, time.now) }),
    ...coverage,
    ...{ concurrency, startSeconds },
    ...scores,
    course: {
      ...steps,
      ...recordedCourse(steps, parts, concurrency),
      ...{ proposed: first!.instances, inForce: second?.instances ?? null },
    },
    notes: [...proposed.notes, ...inForce.notes],
  };
}

/** The 90th percentile of the measured starts, as for the forecast's horizon; otherwise what the cartridge declares. */
function startSecondsOf({ record, plan }: ClusterState): number {
  const measured = record.startSeconds.toSorted((a, b) => a - b);
  return measured[Math.ceil(0.9 * measured.length) - 1] ?? plan.spec.startSeconds ?? FALLBACK_START_SECONDS;
}

function nothingRecorded({ keyText }: ClusterState, seconds: number): RequestError {
  const what = seconds === 0 ? 'nothing is recorded' : `only ${seconds} s are recorded`;
  return new RequestError(
    'NOTHING_RECORDED',
    `${what} of the demand of ${keyText} in this time, and ${LEAST_COVERED_SECONDS} s are needed; it is recorded while a load balancer reports it: ask for a time in which requests could come`,
  );
}
