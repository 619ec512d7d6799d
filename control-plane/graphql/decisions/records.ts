import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Decision } from '../../domain/autoscaling/decision.ts';
import { connectionOf } from '../connection.ts';
import { DateTime, Json } from '../scalars.ts';
import { DecisionDetail } from './types.ts';

@ObjectType('Decision', {
  description:
    'A stored decision of the autoscaler. Equal consecutive decisions not to act are one entry with a count.',
  simpleResolvers: true,
})
export class DecisionType {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant of the service cluster.' })
  readonly tenant!: string;

  @Field(() => DateTime, { description: 'When it was made; the first of a run.' })
  readonly at!: number;

  @Field(() => DateTime, { description: 'When the last of the run was made; equal to at for a single one.' })
  readonly lastAt!: number;

  @Field(() => Int, { description: 'Evaluations that this entry stands for, 1 or more.' })
  readonly count!: number;

  @Field(() => Boolean, { description: 'It changed the number of instances wanted.' })
  readonly acted!: boolean;

  @Field(() => String, {
    description:
      'What settled it: the binding factor’s name for an action, the clamp’s code or "steady" for none. Registered; more can come.',
  })
  readonly reasonCode!: string;

  @Field(() => Int, { description: 'Instances wanted before, 0 or more.' })
  readonly from!: number;

  @Field(() => Int, { description: 'Instances that there should be after all clamps, 0 or more.' })
  readonly to!: number;

  @Field(() => String, { description: 'The decision and its reason as one English sentence.' })
  readonly sentence!: string;

  @Field(() => DecisionDetail, {
    name: 'detail',
    simple: false,
    description: 'Each proposal and each clamp of the last evaluation.',
  })
  readonly decision!: Decision;

  @Field(() => Json, {
    nullable: true,
    description:
      'All that the decision depended on (windows, policy, instances, history), kept for an action and for the last of a run; null otherwise.',
  })
  readonly input!: unknown;
}

export const DecisionConnection = connectionOf(DecisionType, 'Decision', 'decisions');

@ObjectType('DecisionReplay', {
  description: 'A stored decision computed again from its inputs.',
  simpleResolvers: true,
})
export class DecisionReplay {
  @Field(() => DecisionType, { name: 'decision', simple: false, description: 'The decision as it was stored.' })
  readonly record!: DecisionType;

  @Field(() => String, { description: 'The sentence of the decision computed again.' })
  readonly sentence!: string;

  @Field(() => Boolean, { description: 'The result is equal to the stored one to the bit.' })
  readonly same!: boolean;

  @Field(() => String, { nullable: true, description: 'The first difference; null when there is none.' })
  readonly difference!: string | null;
}
