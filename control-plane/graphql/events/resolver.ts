import { ArrayMaxSize, IsInt, Length, Max, Min } from 'class-validator';
import { Arg, Args, ArgsType, Ctx, Field, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { RequestError } from '../../app/errors.ts';
import type { EventRecord } from '../../app/records.ts';
import { connection, decodeCursor, DEFAULT_PAGE, encodeCursor, MAX_PAGE, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { fromFeed, type Gap } from '../gap.ts';
import { SafeInt } from '../scalars.ts';
import { EventConnection, EventFeedItem } from './types.ts';

@ArgsType()
export class EventArguments {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent (all of them for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => ID, { nullable: true, description: 'Only events about the object with this uid.' })
  readonly subjectUid?: string | null;

  @ArrayMaxSize(50)
  @Length(1, 100, { each: true })
  @Field(() => [String], { nullable: true, description: 'Only events of these types, at most 50.' })
  readonly types?: readonly string[] | null;

  @IsInt()
  @Min(1)
  @Max(MAX_PAGE)
  @Field(() => Int, { defaultValue: DEFAULT_PAGE, description: `The first so many events, 1–${MAX_PAGE}.` })
  readonly first!: number;

  @Length(1, 200)
  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the event after which the page begins; absent: the oldest event that is kept.',
  })
  readonly after?: string | null;
}

@Resolver()
export class EventResolver {
  @Query(() => EventConnection, { description: 'What happened, oldest first.' })
  async events(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => EventArguments) { tenant, subjectUid, types, first, after }: EventArguments,
  ): Promise<Connection<EventRecord>> {
    const position = after === null || after === undefined ? 0 : sequenceOf(after);
    const found = await useCases.queries.events(principal, {
      tenant,
      after: position,
      limit: first + 1,
      ...(subjectUid === null || subjectUid === undefined ? {} : { subjectUid }),
      ...(types === null || types === undefined ? {} : { types }),
    });
    const edges = found.slice(0, first).map((node) => ({ cursor: encodeCursor(String(node.sequence)), node }));
    return connection(edges, { hasNextPage: found.length > first, hasPreviousPage: position > 0 });
  }

  @Subscription(() => EventFeedItem, {
    name: 'events',
    description: 'Events as they happen, in order; says where some are missing.',
    subscribe: following(
      ({ useCases, principal }, args: { tenant?: string | null; after?: number | null }, signal) =>
        useCases.feeds.events(principal, { tenant: args.tenant, after: args.after ?? undefined }, signal),
      fromFeed,
    ),
  })
  followEvents(
    @Root() item: EventRecord | Gap,
    @Arg('tenant', () => String, {
      nullable: true,
      description: 'The tenant; the caller’s own if absent (all of them for operators).',
    })
    _tenant?: string | null,
    @Arg('after', () => SafeInt, {
      nullable: true,
      description: 'Sequence of the last event that is known, 0 or more: begin after it; absent: only new ones.',
    })
    _after?: number | null,
  ): EventRecord | Gap {
    return item;
  }
}

function sequenceOf(cursor: string): number {
  const position = decodeCursor(cursor, 'after');
  if (!/^\d{1,15}$/.test(position)) {
    throw new RequestError('INVALID', 'after: this is no cursor of an event', { field: 'after' });
  }
  return Number(position);
}
