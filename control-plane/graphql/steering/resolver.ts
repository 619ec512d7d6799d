import { IsInt, IsNumber, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { Args, ArgsType, Ctx, Field, Float, Int, Query, Resolver } from 'type-graphql';
import { RequestError } from '../../app/errors.ts';
import type { OverrideRecord } from '../../app/records/clusters.ts';
import type { SteeringAction as Action, SteeringPreview as Preview } from '../../app/steering/use-cases.ts';
import { OverrideKind } from '../clusters/types.ts';
import type { GraphQLContext } from '../context.ts';
import { ServiceClusterRef } from '../input.ts';
import { SteeringAction, SteeringPreview } from './types.ts';

@ArgsType()
class SteeringArguments {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'Which service cluster.' })
  readonly ref!: ServiceClusterRef;

  @Field(() => SteeringAction, { description: 'What would be done.' })
  readonly action!: Action['kind'];

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000)
  @Field(() => Int, { nullable: true, description: 'Number of instances, 0–10000; for SCALE, which needs it.' })
  readonly instances?: number | null;

  @Field(() => OverrideKind, { defaultValue: OverrideKind.PIN, description: 'How the number binds; for SCALE.' })
  readonly kind!: OverrideRecord['kind'];

  @IsOptional()
  @IsNumber()
  @Min(1)
  @Max(31 * 24 * 3600)
  @Field(() => Float, {
    nullable: true,
    description: 'How long the number holds, in seconds, 1–2678400; an hour if absent; for SCALE.',
  })
  readonly forSeconds?: number | null;
}

@Resolver()
export class SteeringResolver {
  @Query(() => SteeringPreview, {
    description:
      'What steering a service cluster by hand would do now. Nothing is stored. NOT_FOUND when there is no such service cluster; what would refuse the mutation is answered as refusal.',
  })
  steeringPreview(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => SteeringArguments) { ref, ...asked }: SteeringArguments,
  ): Promise<Preview> {
    return useCases.queries.steeringPreview(principal, ref, actionOf(asked));
  }
}

function actionOf({ action, instances, kind, forSeconds }: Omit<SteeringArguments, 'ref'>): Action {
  if (action !== 'scale') return { kind: action };
  if (instances === undefined || instances === null)
    throw new RequestError('INVALID', 'instances: say how many', { field: 'instances' });
  return {
    ...{ kind: action, instances, binds: kind },
    ...(forSeconds === undefined || forSeconds === null ? {} : { forSeconds }),
  };
}
