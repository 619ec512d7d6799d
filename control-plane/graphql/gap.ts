/** What log-like subscriptions say instead of silently leaving something out. */
import { Field, ObjectType } from 'type-graphql';
import type { FeedItem } from '../app/use-cases.ts';
import { SafeInt } from './scalars.ts';

@ObjectType('Gap', {
  description: 'Items between two sequences are lost to this subscriber: no longer kept, or it read too slowly.',
  simpleResolvers: true,
})
export class Gap {
  @Field(() => SafeInt, { description: 'Sequence of the last item before the gap, 0 or more.' })
  readonly after!: number;

  @Field(() => SafeInt, { description: 'Sequence of the first item after the gap, above after.' })
  readonly next!: number;
}

/** The source of a union of `Gap` and the item's type; {@link isGap} tells them apart. */
export function fromFeed<T extends object>(entry: FeedItem<T>): T | Gap {
  if (entry.kind === 'item') return entry.item;
  return Object.assign(new Gap(), { after: entry.after, next: entry.next });
}

export function isGap(value: object): value is Gap {
  return value instanceof Gap;
}
