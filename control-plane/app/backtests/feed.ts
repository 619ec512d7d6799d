/** Following a backtest until its end. */
import { seenPart } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Principal } from '../principal.ts';
import type { Backtests } from './backtests.ts';
import type { Backtest, BacktestFeeds } from './use-cases.ts';

/** It tells its progress more often than anybody can read. */
const LEAST_GAP_MILLISECONDS = 200;

export interface BacktestFeedOptions {
  readonly backtests: Pick<Backtests, 'get' | 'changed'>;
  readonly clock: Pick<Clock, 'setTimeout'>;
}

export function createBacktestFeeds(options: BacktestFeedOptions): BacktestFeeds {
  return {
    backtest: (principal, uid, signal) => follow(options, principal, uid, signal),
  };
}

async function* follow(
  { backtests, clock }: BacktestFeedOptions,
  principal: Principal,
  uid: string,
  signal: AbortSignal,
): AsyncGenerator<Backtest> {
  const changed = backtests.changed(uid);
  for (let version = changed?.version ?? 0; !signal.aborted;) {
    const backtest = seenPart(principal, backtests.get(uid));
    if (backtest === undefined || changed === undefined) throw noBacktest(uid);
    yield backtest;
    if (backtest.finishedAt !== null) return;
    await changed.after(version, signal);
    await new Promise<void>((resolve) => clock.setTimeout(resolve, LEAST_GAP_MILLISECONDS));
    version = changed.version;
  }
}

export function noBacktest(uid: string): RequestError {
  return new RequestError('NOT_FOUND', `there is no backtest ${uid}; they are kept for an hour after their end`);
}
