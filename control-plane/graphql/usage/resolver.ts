import { Length } from 'class-validator';
import { Args, ArgsType, Ctx, Field, Query, Resolver } from 'type-graphql';
import type { UsageRecord } from '../../app/records/usage.ts';
import { withoutNoise } from '../../domain/metering/usage.ts';
import { PageArguments, paginate, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { DateTime } from '../scalars.ts';
import { UsageConnection, type UsageType } from './types.ts';

@ArgsType()
class UsageArguments extends PageArguments {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent (all of them for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'Only of this application, also one that is gone.' })
  readonly application?: string | null;

  @Field(() => DateTime, { description: 'Hours that begin here or later.' })
  readonly from!: Date;

  @Field(() => DateTime, { nullable: true, description: 'Hours that begin before this; now if absent.' })
  readonly to?: Date | null;
}

@Resolver()
export class UsageResolver {
  @Query(() => UsageConnection, {
    description:
      'What was used, by the hour and service cluster; for billing. Kept for 13 months; written every ten seconds.',
  })
  async usage(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => UsageArguments) { tenant, application, from, to, ...page }: UsageArguments,
  ): Promise<Connection<UsageType>> {
    const range = { from: from.getTime(), to: (to ?? new Date()).getTime() };
    return paginate(page, async (which) => {
      const found = await useCases.queries.usage(principal, {
        tenant,
        ...(application === null || application === undefined ? {} : { application }),
        ...range,
        page: which,
      });
      return found.map(shaped);
    });
  }
}

function shaped({ application, cluster, usage, ...record }: UsageRecord): UsageType {
  return { ...record, ...withoutNoise(usage), applicationName: application, clusterUid: cluster };
}
