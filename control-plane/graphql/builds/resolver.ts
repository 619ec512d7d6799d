import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { BuildRecord, SourceRecord } from '../../app/records/sources.ts';
import type { Manifests } from '../../app/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { once } from '../idempotency.ts';
import { sourceOf } from '../lookup.ts';
import type { Answer } from '../user-error.ts';
import { Build, BuildProgress, DeployInput, DeployPayload, Source } from './types.ts';

@Resolver(() => Build)
export class BuildResolver {
  @Query(() => Build, { nullable: true, description: 'One build; null when there is none.' })
  async build(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the build.' }) uid: string,
  ): Promise<BuildRecord | null> {
    return (await useCases.queries.build(principal, uid)) ?? null;
  }

  @Query(() => Source, { nullable: true, description: 'One source; null when there is none.' })
  async source(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the source.' }) uid: string,
  ): Promise<SourceRecord | null> {
    return (await useCases.queries.source(principal, uid)) ?? null;
  }

  @FieldResolver(() => Source, {
    name: 'source',
    nullable: true,
    description: 'What is built; null once it is no longer kept.',
  })
  buildSource(@Root() build: BuildRecord, @Ctx() context: GraphQLContext): Promise<SourceRecord | null> {
    return sourceOf(context, build.source);
  }

  @Subscription(() => BuildProgress, {
    name: 'build',
    description: 'The state of a build and its log from the first line; ends with the build.',
    subscribe: following(
      ({ useCases, principal }, { uid }: { uid: string }, signal) => useCases.feeds.build(principal, uid, signal),
      (progress) => progress,
    ),
  })
  followBuild(
    @Root() progress: { build: BuildRecord; lines: readonly string[] },
    @Arg('uid', () => ID, { description: 'Uid of the build.' }) _uid: string,
  ): { build: BuildRecord; lines: readonly string[] } {
    return progress;
  }

  @Mutation(() => DeployPayload, {
    description:
      'Builds a source and, when that succeeded, rolls it out. Answers as soon as the build is queued; a failed build leaves the running release alone.',
  })
  async deploy(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeployInput, { description: 'What, and where to.' }) input: DeployInput,
  ): Promise<Answer<DeployPayload>> {
    return once(context, 'deploy', input, async () => {
      const { source, build } = await context.useCases.mutations.deploy(context.principal, {
        ...input.ref,
        uploadDigest: input.uploadDigest ?? undefined,
        manifests: manifestsOf(input),
      });
      return { source, build };
    });
  }
}

function manifestsOf({ manifests, fileName, expectedGeneration }: DeployInput): Manifests | undefined {
  if (manifests === undefined || manifests === null) return undefined;
  return { manifests, fileName: fileName ?? undefined, expectedGeneration: expectedGeneration ?? undefined };
}
