import { Arg, Ctx, FieldResolver, Resolver, Root, Subscription } from 'type-graphql';
import type { ReleaseRecord, RolloutRecord } from '../../app/records/releases.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { ServiceClusterRef } from '../input.ts';
import { releaseOf } from '../lookup.ts';
import { Release, Rollout } from './types.ts';

@Resolver(() => Rollout)
export class RolloutResolver {
  @FieldResolver(() => Release, { nullable: true, description: 'The release before; null for the first of all.' })
  fromRelease(@Root() rollout: RolloutRecord, @Ctx() context: GraphQLContext): Promise<ReleaseRecord | null> {
    return releaseOf(context, rollout.from);
  }

  @FieldResolver(() => Release, { nullable: true, description: 'The new release; null once it is no longer kept.' })
  toRelease(@Root() rollout: RolloutRecord, @Ctx() context: GraphQLContext): Promise<ReleaseRecord | null> {
    return releaseOf(context, rollout.to);
  }

  @Subscription(() => Rollout, {
    name: 'rollout',
    description: 'The roll-outs of a service cluster: the present one first, where there is one, then each change.',
    subscribe: following(
      ({ useCases, principal }, { ref }: { ref: ServiceClusterRef }, signal) =>
        useCases.feeds.rollout(principal, ref, signal),
      (rollout) => rollout,
    ),
  })
  followRollout(
    @Root() rollout: RolloutRecord,
    @Arg('ref', () => ServiceClusterRef, { description: 'Which service cluster.' }) _ref: ServiceClusterRef,
  ): RolloutRecord {
    return rollout;
  }
}
