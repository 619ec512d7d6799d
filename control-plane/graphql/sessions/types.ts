import { Length } from 'class-validator';
import { Field, InputType, ObjectType } from 'type-graphql';
import { WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

@InputType('CreateSignInLinkInput', { description: 'Where a one-time link leads.' })
export class CreateSignInLinkInput extends WriteInput {
  @Length(1, 500)
  @Field(() => String, {
    description:
      'Path of the console, such as /applications/shop, 1–500 characters, with a query if need be and never with a host.',
  })
  readonly path!: string;
}

@ObjectType('CreateSignInLinkPayload', { description: 'Answer to createSignInLink.', simpleResolvers: true })
export class CreateSignInLinkPayload extends Payload {
  @Field(() => String, {
    nullable: true,
    description:
      'The link: whoever opens it first, within five minutes, is signed in to the console as the caller. Shown this once; null when the mutation is asked again with the same idempotencyKey.',
  })
  readonly url!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'From when on the link signs nobody in any more.' })
  readonly expiresAt!: number | null;
}
