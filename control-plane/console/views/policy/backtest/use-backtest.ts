/** A backtest from the question to its result. */
import { useCallback, useEffect, useState } from 'react';
import {
  PolicyBacktest,
  PolicyBacktestFollow,
  PolicyCancelBacktest,
  type PolicyBacktestFollowSubscription,
  type ServiceClusterRef,
} from '../../../generated/operations.ts';
import { useSigned } from '../../../live/context.tsx';
import { Refused } from '../../../live/refused.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';

type Backtest = PolicyBacktestFollowSubscription['backtest'];
export type BacktestResult = NonNullable<Backtest['result']>;

export type Trying =
  | { readonly kind: 'idle' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'waiting' | 'running'; readonly uid: string; readonly progress: number }
  | { readonly kind: 'done'; readonly result: BacktestResult; readonly question: Question }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'refused'; readonly error: Refused };

export interface Question {
  readonly ref: ServiceClusterRef;
  /** The manifest. */
  readonly policy: string;
  /** How far back. */
  readonly seconds: number;
}

export interface BacktestTool {
  readonly trying: Trying;
  /** Asks, and follows it to its end. */
  readonly begin: (question: Question) => void;
  readonly cancel: () => void;
}

/** @param onDone the result came */
export function useBacktest(onDone: (result: BacktestResult, question: Question) => void): BacktestTool {
  const { connection } = useSigned();
  const [trying, setTrying] = useState<Trying>({ kind: 'idle' });
  const [followed, setFollowed] = useState<{ readonly uid: string; readonly question: Question } | null>(null);
  const [, cancelIt] = useAct(PolicyCancelBacktest, () => undefined);

  const begin = useCallback(
    (question: Question) => {
      const { ref, policy, seconds } = question;
      setTrying({ kind: 'asking' });
      setFollowed(null);
      const from = new Date(Date.now() - seconds * 1_000).toISOString();
      connection
        .ask(PolicyBacktest, { input: { ref, policy, fileName: 'policy.yaml', from } })
        .then(({ backtestPolicy }) => {
          const { backtest } = carriedOut(backtestPolicy);
          if (backtest === null) throw new Refused('NO_ANSWER', 'the control plane gave no answer; try again');
          setTrying({ kind: 'waiting', uid: backtest.uid, progress: 0 });
          setFollowed({ uid: backtest.uid, question });
        })
        .catch((error: unknown) => setTrying({ kind: 'refused', error: Refused.of(error) }));
    },
    [connection],
  );
  useEffect(() => {
    if (followed === null) return undefined;
    const { uid, question } = followed;
    return connection.watch(PolicyBacktestFollow, () => ({ uid }), {
      onNext: ({ backtest }) => {
        const next = tryingOf(backtest, question);
        setTrying(next);
        if (next.kind === 'done') onDone(next.result, question);
      },
      onRefused: (error) => setTrying({ kind: 'refused', error }),
    });
  }, [connection, followed]);
  const cancel = useCallback(() => {
    if (followed !== null) void cancelIt({ uid: followed.uid });
  }, [followed, cancelIt]);
  return { trying, begin, cancel };
}

function tryingOf({ uid, state, progress, reason, result }: Backtest, question: Question): Trying {
  switch (state) {
    case 'WAITING':
      return { kind: 'waiting', uid, progress };
    case 'RUNNING':
      return { kind: 'running', uid, progress };
    case 'CANCELLED':
      return { kind: 'cancelled' };
    case 'FAILED':
      return {
        kind: 'refused',
        error: new Refused(reason?.code ?? 'BACKTEST_FAILED', reason?.message ?? 'It failed.'),
      };
    case 'SUCCEEDED':
      return result === null
        ? { kind: 'refused', error: new Refused('NO_ANSWER', 'the control plane gave no result; try again') }
        : { kind: 'done', result, question };
  }
}
