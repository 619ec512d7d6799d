/** The thread of one backtest. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BacktestJob } from '../../app/ports/backtests.ts';
import type { BacktestScores } from '../../domain/backtests/scores.ts';
import { runBacktest } from './run.ts';

export type BacktestMessage =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly scores: readonly BacktestScores[] };

const tell = (message: BacktestMessage): void => parentPort?.postMessage(message);

tell({ kind: 'done', scores: runBacktest(workerData as BacktestJob, (share) => tell({ kind: 'progress', share })) });
