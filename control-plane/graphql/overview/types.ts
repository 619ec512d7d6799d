import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { OverviewEntry as EntryTold } from '../../app/overview/entry.ts';
import type { RecentDemand as RecentTold } from '../../app/overview/recent.ts';
import type { OverviewApplication as ApplicationTold, OverviewItem } from '../../app/overview/use-cases.ts';
import { Blocked } from '../applications/types.ts';
import { DateTime } from '../scalars.ts';
import { OverviewEntry } from './entry.ts';

@ObjectType('OverviewApplication', { description: 'An application in the overview.', simpleResolvers: true })
class OverviewApplication implements ApplicationTold {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Name, unique within the tenant.' })
  readonly name!: string;

  @Field(() => Int, { description: 'Counts the changes of the manifest, from 1.' })
  readonly generation!: number;

  @Field(() => DateTime, { description: 'When the application was made.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When deletion was asked for; null while it was not.' })
  readonly deletingSince!: number | null;

  @Field(() => Blocked, {
    nullable: true,
    description: 'Why nothing of it is begun or ended; null: it is not blocked.',
  })
  readonly blocked!: ApplicationTold['blocked'];
}

@ObjectType('RecentDemand', {
  description: 'The last minutes of the factor that decides, for a small chart.',
  simpleResolvers: true,
})
class RecentDemand implements RecentTold {
  @Field(() => ID, { description: 'Uid of the service cluster.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the factor.' })
  readonly factor!: string;

  @Field(() => DateTime, { description: 'When the first step begins.' })
  readonly from!: number;

  @Field(() => Int, { description: 'Length of a step in seconds: 5.' })
  readonly stepSeconds!: number;

  @Field(() => [Float], {
    nullable: 'items',
    description:
      'Demand, the mean of each of 60 steps in the factor’s unit, without what does not divide among instances, oldest first; null where nothing is known.',
  })
  readonly observed!: readonly (number | null)[];

  @Field(() => [Float], {
    nullable: 'items',
    description:
      'What the instances that were active carry together at the present target, 0 or more, in the factor’s unit; as observed.',
  })
  readonly capacity!: readonly (number | null)[];
}

@ObjectType('Overview', {
  description:
    'All service clusters and applications that the caller may see, or what has changed of them since the item before.',
  simpleResolvers: true,
})
export class Overview implements OverviewItem {
  @Field(() => DateTime, { description: 'When this was so.' })
  readonly at!: number;

  @Field(() => Boolean, {
    description: 'Everything there is, in the place of all that was told before; false: only what has changed.',
  })
  readonly isWhole!: boolean;

  @Field(() => [OverviewEntry], {
    description: 'Service clusters that are new or have changed, by tenant, application and alias.',
  })
  readonly changed!: readonly EntryTold[];

  @Field(() => [OverviewApplication], { description: 'Applications that are new or have changed.' })
  readonly applications!: readonly ApplicationTold[];

  @Field(() => [ID], { description: 'Uids of service clusters and applications that are gone.' })
  readonly removed!: readonly string[];

  @Field(() => [RecentDemand], {
    description: 'The last five minutes of each service cluster of which something is recorded; empty unless isWhole.',
  })
  readonly recent!: readonly RecentTold[];
}
