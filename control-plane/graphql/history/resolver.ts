import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { Args, ArgsType, Ctx, Field, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { MOST_POINTS, type History } from '../../app/history/read.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import { ServiceCluster } from '../clusters/types.ts';
import type { GraphQLContext } from '../context.ts';
import { DateTime } from '../scalars.ts';
import { HistoryType } from './types.ts';

const LONGEST_STEP_SECONDS = 30 * 24 * 3600;

@ArgsType()
class HistoryArguments {
  @Field(() => DateTime, { description: 'Begin of the time that is asked about.' })
  readonly from!: Date;

  @Field(() => DateTime, { nullable: true, description: 'Its end; now if absent.' })
  readonly to?: Date | null;

  @Min(1)
  @Max(LONGEST_STEP_SECONDS)
  @Field(() => Int, {
    defaultValue: 1,
    description:
      'Seconds a step shall have at least; 1 s is kept for an hour, 10 s for 14 days, 1 min for 90 days, 1 h for 13 months.',
  })
  readonly stepSeconds!: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_POINTS)
  @Field(() => Int, {
    nullable: true,
    description: `Most steps of the answer, 1–${MOST_POINTS}: they get as long as that needs. Absent: as stepSeconds says, and never more than ${MOST_POINTS + 1}.`,
  })
  readonly points?: number | null;
}

@Resolver(() => ServiceCluster)
export class HistoryResolver {
  @FieldResolver(() => HistoryType, {
    description:
      'What its demand and its numbers of instances were, in steps of equal length. What was predicted is not recorded: stored decisions and the live figures have it.',
  })
  history(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => HistoryArguments) { from, to, stepSeconds, points }: HistoryArguments,
  ): Promise<History> {
    return useCases.queries.history(principal, cluster, {
      from: from.getTime(),
      to: (to ?? new Date()).getTime(),
      stepSeconds,
      ...(points === undefined || points === null ? {} : { points }),
    });
  }
}
