import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ReleaseRecord, RolloutRecord } from '../../app/records/releases.ts';
import type { ComparedReleases } from '../../app/releases/use-cases.ts';
import type { BuildRecord, SourceRecord } from '../../app/records/sources.ts';
import { Build, Source } from '../builds/types.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import { buildOf, releaseOf, sourceOf } from '../lookup.ts';
import type { Answer } from '../user-error.ts';
import { ReleaseDifferenceType } from './difference.ts';
import { Release, RestartInput, RestartPayload, RollbackInput, RollbackPayload } from './types.ts';

@Resolver(() => Release)
export class ReleaseResolver {
  @Query(() => Release, { nullable: true, description: 'One release; null when there is none.' })
  async release(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the release.' }) uid: string,
  ): Promise<ReleaseRecord | null> {
    return (await useCases.queries.release(principal, uid)) ?? null;
  }

  @FieldResolver(() => Source, { nullable: true, description: 'The source that it was built from; null: none kept.' })
  source(@Root() release: ReleaseRecord, @Ctx() context: GraphQLContext): Promise<SourceRecord | null> {
    return sourceOf(context, release.source);
  }

  @FieldResolver(() => Build, { nullable: true, description: 'The build that made its artifact; null: none kept.' })
  build(@Root() release: ReleaseRecord, @Ctx() context: GraphQLContext): Promise<BuildRecord | null> {
    return buildOf(context, release.build);
  }

  @FieldResolver(() => Release, {
    nullable: true,
    description:
      'The release that it is once more, after a restart of all instances; null: it is none of a restart, or that one is no longer kept.',
  })
  restartOf(@Root() release: ReleaseRecord, @Ctx() context: GraphQLContext): Promise<ReleaseRecord | null> {
    return releaseOf(context, release.restartOf);
  }

  @FieldResolver(() => ReleaseDifferenceType, {
    nullable: true,
    description:
      'What is another in it than in another release of its service cluster; null: it is the first one, and no other is named. NOT_FOUND when there is no such release, INVALID when it is of another service cluster.',
  })
  differenceFrom(
    @Root() release: ReleaseRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('other', () => ID, {
      nullable: true,
      description: 'Uid of the release to compare with; the one that was made before it if absent.',
    })
    other?: string | null,
  ): Promise<ComparedReleases | null> {
    return useCases.queries.releaseDifference(principal, release, other ?? null);
  }

  @Mutation(() => RestartPayload, {
    description:
      'Starts all instances of a service cluster anew, a few at a time, by rolling their release out once more; the first that fails ends it, as with any roll-out. CONFLICT while one is under way, and of what is stopped or has no release.',
  })
  async restart(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RestartInput, { description: 'Which service cluster, and why.' }) input: RestartInput,
  ): Promise<Answer<RestartPayload>> {
    const { ref, reason } = input;
    const rollout: RolloutRecord = await once(context, 'restart', input, () =>
      context.useCases.mutations.restart(context.principal, { ...ref, reason }),
    );
    return { rollout };
  }

  @Mutation(() => RollbackPayload, {
    description:
      'Brings an earlier release back; a roll-out under way is returned at once. Policies stay as they are unless asked.',
  })
  async rollback(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RollbackInput, { description: 'Which release of which service cluster.' }) input: RollbackInput,
  ): Promise<Answer<RollbackPayload>> {
    const { ref, releaseNumber, withPolicies } = input;
    const rollout: RolloutRecord = await once(context, 'rollback', input, () =>
      context.useCases.mutations.rollback(context.principal, {
        ...ref,
        ...(typeof releaseNumber === 'number' ? { releaseNumber } : {}),
        ...(withPolicies === true ? { withPolicies } : {}),
      }),
    );
    return { rollout };
  }
}
