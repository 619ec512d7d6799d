/** What went wrong with a mutation that the caller can put right, as data beside the result. */
import { Field, ObjectType } from 'type-graphql';

@ObjectType('UserError', {
  description:
    'Why a mutation was not carried out, as far as the caller can put it right. Nothing was changed. Missing or insufficient tokens are errors of the request (extensions.code UNAUTHENTICATED, FORBIDDEN) and never appear here.',
  simpleResolvers: true,
})
export class UserError {
  @Field(() => String, {
    description:
      'Stable code for programs: INVALID, NOT_FOUND, CONFLICT (also: expectedGeneration is not the present one), NOT_READY, IDEMPOTENCY_KEY_REUSED, SECRET_IN_USE, SECRET_REVOKED, SECRET_KEY_MISSING, and the codes of sources, builds and artifacts such as GIT_UNREACHABLE. More can come.',
  })
  readonly code!: string;

  @Field(() => String, { description: 'What happened to which thing, and what to do, for a person.' })
  readonly message!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Path of the field of the input or manifest that is at fault; null when it is not one field.',
  })
  readonly field!: string | null;
}

/** What every mutation's payload has. */
@ObjectType({ simpleResolvers: true })
export abstract class Payload {
  @Field(() => [UserError], {
    description: 'Empty when the mutation was carried out; otherwise the reasons, and the other fields are null.',
  })
  readonly userErrors!: readonly UserError[];
}

/** What a mutation's resolver returns: its payload without `userErrors`, which the error handling adds. */
export type Answer<P extends Payload> = Omit<P, 'userErrors'>;
