/** A code for programs with a sentence for people: why something is as it is. */
import { Field, ObjectType } from 'type-graphql';

@ObjectType('Reason', { description: 'Why something is as it is.', simpleResolvers: true })
export class Reason {
  @Field(() => String, { description: 'Stable, registered code for programs; more can come.' })
  readonly code!: string;

  @Field(() => String, { description: 'What happened and what to do, for a person.' })
  readonly message!: string;
}
