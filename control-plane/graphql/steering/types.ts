import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { SteeringAction as Action, SteeringPreview as Preview } from '../../app/steering/use-cases.ts';
import { DecisionDetail } from '../decisions/types.ts';
import { PlannedInstance } from '../placement/types.ts';
import { DateTime } from '../scalars.ts';

export const SteeringAction = {
  SCALE: 'scale',
  CLEAR_OVERRIDE: 'clear-override',
  PAUSE: 'pause',
  RESUME: 'resume',
  SHADOW: 'shadow',
  UNSHADOW: 'unshadow',
  STOP: 'stop',
  START: 'start',
  RESTART: 'restart',
} as const satisfies Record<string, Action['kind']>;
registerEnumType(SteeringAction, {
  name: 'SteeringAction',
  description: 'What a person does to a service cluster, each by the mutation of that name.',
  valuesConfig: {
    SCALE: { description: 'Sets a manual number of instances.' },
    CLEAR_OVERRIDE: { description: 'Ends it.' },
    PAUSE: { description: 'Pauses scaling.' },
    RESUME: { description: 'Resumes it.' },
    SHADOW: { description: 'Turns shadow mode on.' },
    UNSHADOW: { description: 'Turns it off.' },
    STOP: { description: 'Stops it: none of its instances run until it is started.' },
    START: { description: 'Starts what was stopped.' },
    RESTART: { description: 'Starts all of its instances anew, a few at a time.' },
  },
});

@ObjectType('Refusal', { description: 'Why something would not be done.', simpleResolvers: true })
export class Refusal {
  @Field(() => String, { description: 'Stable code for programs, as of the mutation’s user error.' })
  readonly code!: string;

  @Field(() => String, { description: 'What is wrong and what to do, for a person.' })
  readonly message!: string;

  @Field(() => String, { nullable: true, description: 'Which argument is at fault; null: none.' })
  readonly field!: string | null;
}

@ObjectType('SteeringPreview', {
  description:
    'What steering by hand would do at once, by the code that decides it, with the load of now. Nothing was stored.',
  simpleResolvers: true,
})
export class SteeringPreview implements Preview {
  @Field(() => Int, { description: 'Instances wanted now, 0 or more.' })
  readonly from!: number;

  @Field(() => Int, { description: 'Instances that would be wanted, 0 or more; equal to from where it is refused.' })
  readonly to!: number;

  @Field(() => Int, { description: 'What they would be at the next decision without the change, 0 or more.' })
  readonly otherwise!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it would end by itself; null: it would not.' })
  readonly until!: number | null;

  @Field(() => Int, { description: 'Fewest instances by the policy, 0 or more.' })
  readonly minimum!: number;

  @Field(() => Int, { description: 'Most instances by the policy, 1 or more.' })
  readonly maximum!: number;

  @Field(() => Int, { description: 'Most instances that could be had by hand now, 0 or more.' })
  readonly most!: number;

  @Field(() => String, { description: 'What keeps it from being more: maximum, quota or room.' })
  readonly mostBy!: Preview['mostBy'];

  @Field(() => DecisionDetail, {
    nullable: true,
    description:
      'The decision that would be made, with every clamp that would apply; null where it is refused, or there is no release.',
  })
  readonly decision!: Preview['decision'];

  @Field(() => [PlannedInstance], { description: 'Where those that are added would go, in order.' })
  readonly next!: Preview['next'];

  @Field(() => String, {
    description:
      'All of it as one English sentence, such as: web: 3 → 5 instances now; at most 6 by its policy; until 14:05 UTC.',
  })
  readonly sentence!: string;

  @Field(() => Refusal, { nullable: true, description: 'Why the mutation would refuse it; null: it would not.' })
  readonly refusal!: Preview['refusal'];
}
