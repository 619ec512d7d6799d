import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { Backtest as BacktestInfo, BacktestResult as Result } from '../../app/backtests/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { once } from '../idempotency.ts';
import { Reason } from '../reason.ts';
import type { Answer } from '../user-error.ts';
import {
  Backtest,
  BacktestCourse,
  BacktestPayload,
  BacktestPolicyInput,
  BacktestResult,
  BacktestState,
  CancelBacktestInput,
} from './types.ts';

@Resolver(() => BacktestResult)
export class BacktestResultResolver {
  @FieldResolver(() => BacktestCourse, { description: 'What came and went, to be drawn.' })
  course(@Root() { course }: Result): BacktestCourse {
    const { from, stepSeconds, points, demand, required, proposed, inForce, recorded } = course;
    return {
      ...{ from: from * 1000, stepSeconds, points },
      ...{ demand: known(demand), required: known(required), proposed: known(proposed) },
      ...{ inForce: inForce && known(inForce), recorded: recorded && known(recorded) },
    };
  }
}

function known(column: Float32Array): (number | null)[] {
  return Array.from(column, (value) => (Number.isNaN(value) ? null : value));
}

@Resolver(() => Backtest)
export class BacktestResolver {
  @Query(() => Backtest, {
    nullable: true,
    description: 'A backtest, for whoever may read the application; null when there is none, or none any more.',
  })
  async backtest(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the backtest.' }) uid: string,
  ): Promise<BacktestInfo | null> {
    return (await useCases.queries.backtest(principal, uid)) ?? null;
  }

  @Subscription(() => Backtest, {
    name: 'backtest',
    description: 'A backtest as it is now and after each change, until its end. A slow reader gets the newest state.',
    subscribe: following(
      ({ useCases, principal }, { uid }: { uid: string }, signal) => useCases.feeds.backtest(principal, uid, signal),
      (backtest) => backtest,
    ),
  })
  followBacktest(
    @Root() backtest: BacktestInfo,
    @Arg('uid', () => ID, { description: 'Uid of the backtest.' }) _uid: string,
  ): BacktestInfo {
    return backtest;
  }

  @FieldResolver(() => String, { description: 'Name of the application.' })
  applicationName(@Root() backtest: BacktestInfo): string {
    return backtest.application;
  }

  @FieldResolver(() => BacktestState, { description: 'Where it stands.' })
  state(@Root() { outcome }: BacktestInfo): BacktestInfo['outcome']['state'] {
    return outcome.state;
  }

  @FieldResolver(() => BacktestResult, { nullable: true, description: 'What came of it; null unless it succeeded.' })
  result(@Root() { outcome }: BacktestInfo): Result | null {
    return outcome.state === 'succeeded' ? outcome.result : null;
  }

  @FieldResolver(() => Reason, {
    nullable: true,
    description:
      'Why it failed, such as NOTHING_RECORDED: too little of the demand of this time is recorded; null unless it failed.',
  })
  reason(@Root() { outcome }: BacktestInfo): Reason | null {
    return outcome.state === 'failed' ? outcome.reason : null;
  }

  @Mutation(() => BacktestPayload, {
    description:
      'Begins to try a policy on the recorded demand of a service cluster, beside the policy in force; answers at once, and the query backtest has the result. For viewers: nothing of the application is changed. Refused with POLICY_NOT_SIMULATED where no factor of the policy can be simulated, CONCURRENCY_UNKNOWN, and BACKTESTS_FULL when too many wait already.',
  })
  async backtestPolicy(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => BacktestPolicyInput, { description: 'Which policy, and which demand.' })
    input: BacktestPolicyInput,
  ): Promise<Answer<BacktestPayload>> {
    const { ref, policy, fileName, from, to } = input;
    const backtest = await once(context, 'backtestPolicy', input, () =>
      context.useCases.mutations.backtestPolicy(context.principal, {
        ...{ ...ref, policy, from: from.getTime() },
        ...(to === null || to === undefined ? {} : { to: to.getTime() }),
        ...(fileName === null || fileName === undefined ? {} : { fileName }),
      }),
    );
    return { backtest };
  }

  @Mutation(() => BacktestPayload, {
    description: 'Ends a backtest, for whoever may read the application. One that has ended stays as it is.',
  })
  async cancelBacktest(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => CancelBacktestInput, { description: 'Which backtest.' }) input: CancelBacktestInput,
  ): Promise<Answer<BacktestPayload>> {
    const backtest = await once(context, 'cancelBacktest', input, () =>
      context.useCases.mutations.cancelBacktest(context.principal, input.uid),
    );
    return { backtest };
  }
}
