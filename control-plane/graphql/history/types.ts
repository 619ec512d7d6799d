import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { HistorySeries as Series } from '../../app/history/read.ts';
import { DateTime } from '../scalars.ts';

@ObjectType('HistorySeries', { description: 'One quantity over time.', simpleResolvers: true })
class HistorySeries {
  @Field(() => String, {
    description:
      'What it is: a factor’s total demand in its own unit (requestsInFlight, requestsPerSecond, loadAverage in per cent, …); demand, which is arrivals per second × time of service and does not depend on how many instances there were; or instances.active, instances.starting, instances.wanted.',
  })
  readonly name!: string;

  @Field(() => Float, {
    nullable: true,
    description:
      'Value that one instance shall carry of it by the policy of now, above 0, in the factor’s unit; null where it is no factor of that. With instances.active it gives what there was for it.',
  })
  readonly target!: number | null;

  @Field(() => [Float], {
    nullable: 'items',
    description: 'Mean of each step in the unit of what it is, oldest first; null where nothing is known.',
  })
  readonly mean!: readonly (number | null)[];

  @Field(() => [Float], {
    nullable: 'items',
    description: 'Largest value of each step in the unit of what it is, oldest first; null where nothing is known.',
  })
  readonly maximum!: readonly (number | null)[];
}

@ObjectType('History', {
  description:
    'What the demand of a service cluster and its numbers of instances were. A relative error of 2⁻¹³ is possible.',
  simpleResolvers: true,
})
export class HistoryType {
  @Field(() => DateTime, { description: 'When the first step begins.' })
  readonly from!: number;

  @Field(() => Int, { description: 'Length of a step in seconds, as asked for or the next one that is kept.' })
  readonly stepSeconds!: number;

  @Field(() => Int, { description: 'How many steps there are, 0 to 2001.' })
  readonly points!: number;

  @Field(() => [HistorySeries], { description: 'What is known, by name.' })
  readonly series!: readonly Series[];
}
