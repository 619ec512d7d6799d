import { IsInt, Length, Max, Min, ValidateNested } from 'class-validator';
import { Arg, Args, ArgsType, Ctx, Field, ID, InputType, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { RequestError } from '../../app/errors.ts';
import type { LogLine } from '../../app/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { fromFeed, type Gap } from '../gap.ts';
import { SafeInt } from '../scalars.ts';
import { LogFeedItem, LogLineType } from './types.ts';

const MAX_LINES = 1000;
const DEFAULT_LINES = 100;

@InputType('LogRef', { description: 'Whose log: an application’s, or that of one alias or one instance of it.' })
export class LogRef {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, { description: 'Name of the application.' })
  readonly application!: string;

  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'Only lines of this alias.' })
  readonly alias?: string | null;

  @Length(1, 40)
  @Field(() => ID, { nullable: true, description: 'Only lines of the instance with this uid.' })
  readonly instance?: string | null;
}

@ArgsType()
export class LogArguments {
  @ValidateNested()
  @Field(() => LogRef, { description: 'Whose log.' })
  readonly ref!: LogRef;

  @IsInt()
  @Min(0)
  @Field(() => SafeInt, {
    nullable: true,
    description: 'Sequence of the last line that is known, 0 or more: the lines after it, oldest first. Not with last.',
  })
  readonly after?: number | null;

  @IsInt()
  @Min(1)
  @Max(MAX_LINES)
  @Field(() => Int, {
    nullable: true,
    description: `The last so many lines, 1–${MAX_LINES}, oldest first; ${DEFAULT_LINES} when after is absent, too.`,
  })
  readonly last?: number | null;

  @IsInt()
  @Min(1)
  @Max(MAX_LINES)
  @Field(() => Int, { defaultValue: MAX_LINES, description: `At most so many lines, 1–${MAX_LINES}.` })
  readonly limit!: number;
}

@Resolver()
export class LogResolver {
  @Query(() => [LogLineType], { description: 'Lines of an application’s log, oldest first.' })
  logs(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => LogArguments) { ref, after, last, limit }: LogArguments,
  ): Promise<LogLine[]> {
    const given = typeof last === 'number';
    if (typeof after === 'number') {
      if (given)
        throw new RequestError('INVALID', 'after and last exclude each other: give one of them', { field: 'last' });
      return useCases.queries.logs(principal, named(ref), { after, limit });
    }
    return useCases.queries.logs(principal, named(ref), { last: given ? last : DEFAULT_LINES, limit });
  }

  @Subscription(() => LogFeedItem, {
    name: 'logs',
    description: 'Lines as they are written, in order; says where some are missing.',
    subscribe: following(
      ({ useCases, principal }, args: { ref: LogRef; after?: number | null }, signal) =>
        useCases.feeds.logs(principal, named(args.ref), { after: args.after ?? undefined }, signal),
      fromFeed,
    ),
  })
  followLogs(
    @Root() item: LogLine | Gap,
    @Arg('ref', () => LogRef, { description: 'Whose log.' }) _ref: LogRef,
    @Arg('after', () => SafeInt, {
      nullable: true,
      description: 'Sequence of the last line that is known, 0 or more: begin after it; absent: only new ones.',
    })
    _after?: number | null,
  ): LogLine | Gap {
    return item;
  }
}

function named(ref: LogRef) {
  const { tenant, application } = ref;
  return { tenant, application, alias: ref.alias ?? undefined, instance: ref.instance ?? undefined };
}
