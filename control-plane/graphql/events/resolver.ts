import { ArrayMaxSize, Length } from 'class-validator';
import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import { RequestError } from '../../app/errors.ts';
import type { EventRecord } from '../../app/records/events.ts';
import { PageArguments, paginate, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { fromFeed, type Gap } from '../gap.ts';
import { SafeInt } from '../scalars.ts';
import { EventConnection, EventFeedItem } from './types.ts';

const OF_APPLICATION = 'Only what happened to the application of this name, or within it; also of one that is gone.';

@ArgsType()
export class EventArguments extends PageArguments {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent (all of them for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, { nullable: true, description: OF_APPLICATION })
  readonly application?: string | null;

  @Length(1, 40)
  @Field(() => ID, { nullable: true, description: 'Only events about the object with this uid.' })
  readonly subjectUid?: string | null;

  @ArrayMaxSize(50)
  @Length(1, 100, { each: true })
  @Field(() => [String], { nullable: true, description: 'Only events of these types, at most 50.' })
  readonly types?: readonly string[] | null;
}

interface FollowedEvents {
  readonly tenant?: string | null;
  readonly application?: string | null;
  readonly after?: number | null;
}

@Resolver()
export class EventResolver {
  @Query(() => EventConnection, { description: 'What happened, oldest first.' })
  async events(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => EventArguments) { tenant, application, subjectUid, types, ...page }: EventArguments,
  ): Promise<Connection<EventRecord>> {
    const which = {
      tenant,
      application,
      ...(subjectUid === null || subjectUid === undefined ? {} : { subjectUid }),
      ...(types === null || types === undefined ? {} : { types }),
    };
    return paginate(
      page,
      async ({ limit, newestFirst, after }) => {
        if (newestFirst !== true) {
          const position = after === undefined ? 0 : sequenceOf(after, 'after');
          return useCases.queries.events(principal, { ...which, limit, after: position });
        }
        const before = after === undefined ? {} : { before: sequenceOf(after, 'before') };
        const found = await useCases.queries.events(principal, { ...which, limit, newest: true, ...before });
        return found.toReversed();
      },
      ({ sequence }) => String(sequence),
    );
  }

  @Subscription(() => EventFeedItem, {
    name: 'events',
    description: 'Events as they happen, in order; says where some are missing.',
    subscribe: following(
      ({ useCases, principal }, { after, ...within }: FollowedEvents, signal) =>
        useCases.feeds.events(principal, { ...within, after: after ?? undefined }, signal),
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
    @Arg('application', () => String, { nullable: true, description: OF_APPLICATION })
    _application?: string | null,
  ): EventRecord | Gap {
    return item;
  }
}

function sequenceOf(position: string, field: string): number {
  if (!/^\d{1,15}$/.test(position)) {
    throw new RequestError('INVALID', `${field}: this is no cursor of an event`, { field });
  }
  return Number(position);
}
