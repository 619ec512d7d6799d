import { createUnionType, Field, ID, ObjectType } from 'type-graphql';
import type { EventRecord } from '../../app/records/events.ts';
import { connectionOf } from '../connection.ts';
import { Gap, isGap } from '../gap.ts';
import { DateTime, Json, SafeInt } from '../scalars.ts';

@ObjectType('EventSubject', { description: 'What an event is about.', simpleResolvers: true })
class EventSubject {
  @Field(() => String, { description: 'Kind of the object, such as instance or application.' })
  readonly kind!: string;

  @Field(() => ID, { description: 'Uid of the object.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the object at that time.' })
  readonly name!: string;
}

@ObjectType('Event', { description: 'One entry of the append-only log of what happened.', simpleResolvers: true })
class EventType {
  @Field(() => SafeInt, { description: 'Place in the log, from 1; increases, with gaps where others’ events lie.' })
  readonly sequence!: number;

  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => DateTime, { description: 'When it happened.' })
  readonly at!: number;

  @Field(() => String, { nullable: true, description: 'Name of the tenant; null for the platform’s own events.' })
  readonly tenant!: string | null;

  @Field(() => EventSubject, { description: 'What it is about.' })
  readonly subject!: EventRecord['subject'];

  @Field(() => String, { description: 'Dotted, registered type such as instance.faulty; more can come.' })
  readonly type!: string;

  @Field(() => ID, { nullable: true, description: 'Uid of the decision, request or event that led to it.' })
  readonly cause!: string | null;

  @Field(() => Json, { description: 'What belongs to the type: an object.' })
  readonly data!: EventRecord['data'];
}

export const EventConnection = connectionOf(EventType, 'Event', 'events');

export const EventFeedItem = createUnionType({
  name: 'EventFeedItem',
  description: 'What the subscription events delivers: an event, or the news that some are lost.',
  types: () => [EventType, Gap] as const,
  resolveType: (value: object) => (isGap(value) ? 'Gap' : 'Event'),
});
