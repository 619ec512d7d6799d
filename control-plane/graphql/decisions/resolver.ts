import { Arg, Ctx, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { DecisionRecord } from '../../app/records/decisions.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { ServiceClusterRef } from '../input.ts';
import { DecisionReplay, DecisionType } from './records.ts';

@Resolver()
export class DecisionResolver {
  @Query(() => DecisionType, { nullable: true, description: 'One stored decision; null when there is none.' })
  async decision(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the decision.' }) uid: string,
  ): Promise<DecisionRecord | null> {
    return (await useCases.queries.decision(principal, uid)) ?? null;
  }

  @Query(() => DecisionReplay, {
    description:
      'Computes a stored decision again from its inputs and compares. NOT_FOUND when there is none, INVALID when its inputs were not kept.',
  })
  replayDecision(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the decision.' }) uid: string,
  ): Promise<{ record: DecisionRecord; sentence: string; same: boolean; difference: string | null }> {
    return useCases.queries.replayDecision(principal, uid);
  }

  @Subscription(() => DecisionType, {
    name: 'decisions',
    description: 'The decisions of a service cluster, oldest first, each as it is stored.',
    subscribe: following(
      ({ useCases, principal }, args: { ref: ServiceClusterRef; after?: string | null }, signal) =>
        useCases.feeds.decisions(principal, args.ref, { after: args.after ?? undefined }, signal),
      (decision) => decision,
    ),
  })
  followDecisions(
    @Root() decision: DecisionRecord,
    @Arg('ref', () => ServiceClusterRef, { description: 'Which service cluster.' }) _ref: ServiceClusterRef,
    @Arg('after', () => ID, {
      nullable: true,
      description:
        'Uid of the last decision that is known: begin with those stored after it; absent: begin with the newest.',
    })
    _after?: string | null,
  ): DecisionRecord {
    return decision;
  }
}
