/** What can be asked about backtests. */
import type { Course } from '../../domain/backtests/course.ts';
import type { Coverage } from '../../domain/backtests/recorded-demand.ts';
import type { BacktestScores, FitScores } from '../../domain/backtests/scores.ts';
import type { Principal } from '../principal.ts';

export interface BacktestResult extends Coverage {
  /** The whole of it for a person. */
  readonly sentence: string;
  /** Requests that an instance serves at once, which says how many are required. */
  readonly concurrency: number;
  /** From asking for an instance until it serves, as simulated. */
  readonly startSeconds: number;
  readonly proposed: BacktestScores;
  /** The same simulation of the policy in force; null: it has no factor that can be simulated. */
  readonly inForce: BacktestScores | null;
  /** What really ran; null: that is not known. */
  readonly recorded: FitScores | null;
  /** What came and went, step by step. */
  readonly course: Course;
  /** What the figures leave out, a sentence each. */
  readonly notes: readonly string[];
}

/** As far as it has come. */
type BacktestState =
  | { readonly state: 'waiting' | 'running' | 'cancelled' }
  | { readonly state: 'succeeded'; readonly result: BacktestResult }
  | { readonly state: 'failed'; readonly reason: { readonly code: string; readonly message: string } };

/** A policy that is tried, or was, on what was recorded of a service cluster. */
export interface Backtest {
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  /** Name of the policy that is tried. */
  readonly policy: string;
  /** The time whose demand it is tried on, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly createdAt: number;
  /** Name of the token that asked for it. */
  readonly createdBy: string;
  /** Null: it has not ended. */
  readonly finishedAt: number | null;
  /** Share of the work that is done, 0 to 1. */
  readonly progress: number;
  readonly outcome: BacktestState;
}

export interface BacktestQueries {
  /** Kept for an hour after its end, in memory: another control plane does not know it. */
  backtest(principal: Principal, uid: string): Promise<Backtest | undefined>;
}

export interface BacktestFeeds {
  /** As it is now, and as it is after each change; ends with the backtest. Throws `RequestError` NOT_FOUND. */
  backtest(principal: Principal, uid: string, signal: AbortSignal): AsyncIterable<Backtest>;
}

export interface BacktestMutations {
  /** Begins to try a policy that need not be stored, and answers at once. */
  backtestPolicy(
    principal: Principal,
    input: {
      readonly tenant?: string | null;
      readonly application: string;
      readonly alias: string;
      /** One AutoscalingPolicy, YAML or JSON. */
      readonly policy: string;
      /** For errors. */
      readonly fileName?: string;
      /** Milliseconds since the epoch. */
      readonly from: number;
      readonly to?: number;
    },
  ): Promise<Backtest>;
  /** One that has ended stays as it is. */
  cancelBacktest(principal: Principal, uid: string): Promise<Backtest>;
}
