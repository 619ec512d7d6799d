import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ClampCode, Decision } from '../../domain/autoscaling/decision.ts';
import { ForecastType } from '../clusters/live.ts';
import { DateTime } from '../scalars.ts';

const DecisionOutcome = {
  SCALE_UP: 'scale-up',
  SCALE_DOWN: 'scale-down',
  HOLD: 'hold',
} as const satisfies Record<string, Decision['outcome']>;
registerEnumType(DecisionOutcome, {
  name: 'DecisionOutcome',
  description: 'What a decision came to.',
  valuesConfig: {
    SCALE_UP: { description: 'More instances are wanted.' },
    SCALE_DOWN: { description: 'Fewer instances are wanted.' },
    HOLD: { description: 'The number stays; reasonCode says why.' },
  },
});

@ObjectType('FactorProposal', {
  description: 'What one factor proposed, before the clamps.',
  simpleResolvers: true,
})
export class FactorProposalType {
  @Field(() => String, { description: 'Registered name of the factor.' })
  readonly factor!: string;

  @Field(() => Float, { description: 'Value that one instance shall carry, above 0, in the factor’s unit.' })
  readonly target!: number;

  @Field(() => Float, {
    description: 'Part of an instance’s value that does not divide among instances, 0 or more, in the factor’s unit.',
  })
  readonly base!: number;

  @Field(() => ForecastType, { nullable: true, description: 'The forecast it rests on; null without data.' })
  readonly forecast!: ForecastType | null;

  @Field(() => Boolean, { description: 'Requests queued or were shed: the observed value understates the demand.' })
  readonly saturated!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'Instances proposed, 0 or more; null: the factor took no part, for the reason given.',
  })
  readonly instances!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'The same before rounding up, 0 or more: instances’ worth of predicted demand; null as instances.',
  })
  readonly needed!: number | null;

  @Field(() => String, { description: 'How it came to the number, or why it took no part.' })
  readonly reason!: string;
}

@ObjectType('Clamp', {
  description: 'One step that changed or confirmed the number of instances.',
  simpleResolvers: true,
})
export class ClampType {
  @Field(() => String, {
    description:
      'Registered code, such as tolerance, regret, rate-up, maximum, quota, pin, stopped, paused, no-fresh-data; more can come.',
  })
  readonly code!: ClampCode;

  @Field(() => Int, { description: 'Instances before this step, 0 or more.' })
  readonly from!: number;

  @Field(() => Int, { description: 'Instances after this step, 0 or more.' })
  readonly to!: number;

  @Field(() => String, { description: 'The figures that led to it, for a person.' })
  readonly detail!: string;
}

@ObjectType('DecisionDetail', {
  description: 'One evaluation of the autoscaler: each proposal, each clamp, the result.',
  simpleResolvers: true,
})
export class DecisionDetail {
  @Field(() => DateTime, { description: 'When it was evaluated.' })
  readonly at!: number;

  @Field(() => String, { description: 'The service cluster as tenant/application/alias.' })
  readonly key!: string;

  @Field(() => Int, { description: 'Version of the decider’s code, from 1; the same version computes the same again.' })
  readonly deciderVersion!: number;

  @Field(() => Int, { description: 'Instances wanted before, 0 or more.' })
  readonly from!: number;

  @Field(() => Int, {
    description: 'The largest proposal after tolerance and before every other clamp, 0 or more.',
  })
  readonly recommended!: number;

  @Field(() => Int, { description: 'Instances that there should be after all clamps, 0 or more.' })
  readonly to!: number;

  @Field(() => Int, {
    description: 'Instances that it was acted on with, 0 or more; equal to from when nothing was done (pause, shadow).',
  })
  readonly acted!: number;

  @Field(() => DecisionOutcome, { description: 'What it came to.' })
  readonly outcome!: Decision['outcome'];

  @Field(() => String, {
    description:
      'What settled it: the binding factor’s name for an action, the clamp’s code or "steady" for none. Registered; more can come.',
  })
  readonly reasonCode!: string;

  @Field(() => [FactorProposalType], { description: 'What each factor proposed.' })
  readonly proposals!: readonly FactorProposalType[];

  @Field(() => String, {
    nullable: true,
    description: 'The binding factor, the one with the largest proposal; null when none took part.',
  })
  readonly factor!: string | null;

  @Field(() => [ClampType], { description: 'The clamps in the order in which they were applied.' })
  readonly clamps!: readonly ClampType[];
}
