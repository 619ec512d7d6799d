import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { PlatformFacts, PlatformHealth } from '../../app/platform/use-cases.ts';
import type { FreezeRecord } from '../../app/records/clusters.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import { Platform, PlatformHealthType } from './health.ts';
import { InstanceTokensType, pendingOf } from './instance-tokens.ts';
import { Freeze, FreezeInput, FreezePayload, UnfreezeInput } from './types.ts';

@Resolver()
export class PlatformResolver {
  @Query(() => Freeze, {
    nullable: true,
    description: 'Why no autoscaling decision is acted on anywhere; null: the platform is not frozen.',
  })
  freeze(@Ctx() { useCases, principal }: GraphQLContext): Promise<FreezeRecord | null> {
    return useCases.queries.freeze(principal);
  }

  @Query(() => Platform, { description: 'What control plane this is, and what time it is there.' })
  platform(@Ctx() { useCases, principal }: GraphQLContext): PlatformFacts {
    return useCases.queries.platform(principal);
  }

  @Query(() => PlatformHealthType, {
    description: 'How the platform itself is: what it needs, and what may soon be missing. For operators.',
  })
  platformHealth(@Ctx() { useCases, principal }: GraphQLContext): Promise<PlatformHealth> {
    return useCases.queries.platformHealth(principal);
  }

  @Query(() => InstanceTokensType, {
    description: 'How far the tokens of running instances have followed a rotation of the key. For operators.',
  })
  async instanceTokens(@Ctx() { useCases, principal }: GraphQLContext): Promise<InstanceTokensType> {
    const { current, pending } = await useCases.queries.instanceTokens(principal);
    return { current, pending: pending.map(pendingOf) };
  }

  @Mutation(() => FreezePayload, {
    name: 'freeze',
    description:
      'Freezes the whole platform: no autoscaling decision is acted on anywhere, until it ends. Takes the place of a freeze that there is. For operators.',
  })
  async beginFreeze(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => FreezeInput, { description: 'Why, and for how long.' }) input: FreezeInput,
  ): Promise<Answer<FreezePayload>> {
    const { reason } = input;
    const asked = { reason, ...(typeof input.forSeconds === 'number' ? { forSeconds: input.forSeconds } : {}) };
    const freeze = await once(context, 'freeze', input, () =>
      context.useCases.mutations.freeze(context.principal, asked),
    );
    return { freeze };
  }

  @Mutation(() => FreezePayload, {
    description: 'Ends the freeze of the platform. Without one, nothing changes. For operators.',
  })
  async unfreeze(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => UnfreezeInput, { description: 'Nothing but an idempotency key.' }) input: UnfreezeInput,
  ): Promise<Answer<FreezePayload>> {
    const freeze = await once(context, 'unfreeze', input, () => context.useCases.mutations.unfreeze(context.principal));
    return { freeze };
  }
}
