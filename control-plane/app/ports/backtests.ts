/** Carries out backtests, beside everything that decides. */
import type { EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import type { RecordedPart } from '../../domain/backtests/recorded-demand.ts';
import type { CourseSteps } from '../../domain/backtests/course.ts';
import type { BacktestScores } from '../../domain/backtests/scores.ts';

export interface BacktestJob {
  /** In order of time, without a gap between them. */
  readonly parts: readonly RecordedPart[];
  /** Requests that an instance serves at once. */
  readonly concurrency: number;
  /** Mean time of service over the whole time, in seconds. */
  readonly serviceSeconds: number;
  /** From asking for an instance until it serves. */
  readonly startSeconds: number;
  /** Each is tried by itself on the same demand. */
  readonly policies: readonly EffectivePolicy[];
  /** Steps in which the course of the instances is wanted. */
  readonly steps: CourseSteps;
}

/** What became of one policy. */
export interface BacktestTrial {
  readonly scores: BacktestScores;
  /** Mean number of instances in each step, those that start included; NaN where nothing is recorded. */
  readonly instances: Float32Array;
}

export interface BacktestRunner {
  /**
   * What became of each policy, in their order.
   *
   * @param onProgress told now and then what share of the work is done, 0 to 1
   * Rejects with the signal's reason once it is aborted; nothing of the work goes on then.
   */
  run(
    job: BacktestJob,
    options: { readonly signal: AbortSignal; readonly onProgress: (share: number) => void },
  ): Promise<readonly BacktestTrial[]>;
  /** Ends what runs. */
  close(): Promise<void>;
}
