import { IsNumber, Length, Max, Min } from 'class-validator';
import { Field, Float, InputType, ObjectType } from 'type-graphql';
import type { FreezeRecord } from '../../app/records/clusters.ts';
import { WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

@ObjectType('Freeze', {
  description:
    'The whole platform is frozen: autoscaling decisions are made and recorded, and not acted on. Numbers set by hand are acted on, instances that died are replaced, and roll-outs go on.',
  simpleResolvers: true,
})
export class Freeze {
  @Field(() => String, { description: 'Why, as the caller said.' })
  readonly reason!: string;

  @Field(() => String, { description: 'Name of the token that froze it.' })
  readonly by!: string;

  @Field(() => DateTime, { description: 'Since when.' })
  readonly since!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it ends by itself; null: when somebody ends it.' })
  readonly expiresAt!: number | null;
}

@InputType('FreezeInput', { description: 'Why the platform is frozen, and for how long.' })
export class FreezeInput extends WriteInput {
  @Length(1, 500)
  @Field(() => String, { description: 'Why; shown to everybody who looks, 1–500 characters.' })
  readonly reason!: string;

  @IsNumber()
  @Min(1)
  @Max(31 * 24 * 3600)
  @Field(() => Float, {
    nullable: true,
    description: 'How long it holds, in seconds, 1–2678400 (31 days); until somebody ends it if absent.',
  })
  readonly forSeconds?: number | null;
}

@InputType('UnfreezeInput', { description: 'Asks for the end of the freeze.' })
export class UnfreezeInput extends WriteInput {}

@ObjectType('FreezePayload', { description: 'Answer to freeze and unfreeze.', simpleResolvers: true })
export class FreezePayload extends Payload {
  @Field(() => Freeze, {
    nullable: true,
    description: 'The freeze that began, or the one that was ended; null: there was none to end.',
  })
  readonly freeze!: FreezeRecord | null;
}
