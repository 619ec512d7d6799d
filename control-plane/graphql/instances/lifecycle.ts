import { Field, Float, ID, ObjectType } from 'type-graphql';
import type { LifecycleChange as Change } from '../../domain/topology/lifecycle.ts';
import { Reason } from '../reason.ts';
import { DateTime } from '../scalars.ts';

@ObjectType('LifecycleChange', {
  description: 'A change of an instance’s lifecycle state, or of whether it is reached.',
  simpleResolvers: true,
})
class LifecycleChange {
  @Field(() => DateTime, { description: 'When it changed.' })
  readonly at!: number;

  @Field(() => String, {
    description:
      'What it is from here on: a lifecycle state as in events (active, faulty, …), unreachable or reachable.',
  })
  readonly to!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Uid of what caused it: a decision, a roll-out, a token; null: nobody.',
  })
  readonly cause!: string | null;

  @Field(() => Reason, { nullable: true, description: 'Why, where there is a reason.' })
  readonly reason!: Reason | null;
}

@ObjectType('Lifecycle', { description: 'The life of an instance.', simpleResolvers: true })
export class LifecycleType {
  @Field(() => [LifecycleChange], { description: 'Every change, oldest first.' })
  readonly changes!: readonly Change[];

  @Field(() => Float, { description: 'Time in which it was active and reached, in seconds.' })
  readonly upSeconds!: number;

  @Field(() => Float, {
    description:
      'Time after it was active for the first time in which it was not, until it was terminated, in seconds.',
  })
  readonly downSeconds!: number;
}
