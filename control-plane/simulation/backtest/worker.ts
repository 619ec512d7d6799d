/** The thread of one backtest. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BacktestJob, BacktestTrial } from '../../app/ports/backtests.ts';
import { runBacktest } from './run.ts';

export type BacktestMessage =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly trials: readonly BacktestTrial[] };

const tell = (message: BacktestMessage): void => parentPort?.postMessage(message);

tell({ kind: 'done', trials: runBacktest(workerData as BacktestJob, (share) => tell({ kind: 'progress', share })) });
