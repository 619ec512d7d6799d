/** What the inputs of all mutations share, and the pieces that several of them are made of. */
import { IsInt, Length, Matches, Min, ValidateNested } from 'class-validator';
import { Field, InputType, Int } from 'type-graphql';

/** 1–100 visible ASCII characters. */
const KEY = /^[\x21-\x7e]{1,100}$/;

@InputType()
export abstract class WriteInput {
  @Matches(KEY, { message: 'idempotencyKey: expected 1 to 100 visible ASCII characters without spaces' })
  @Field(() => String, {
    nullable: true,
    description:
      'Chosen by the caller, 1–100 visible ASCII characters. The same mutation asked again with the same key (within a day) is carried out once and answered the same; with another input it is refused with IDEMPOTENCY_KEY_REUSED.',
  })
  readonly idempotencyKey?: string | null;
}

@InputType('ServiceClusterRef', {
  description: 'Names a service cluster: an alias of an application.',
})
export class ServiceClusterRef {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, { description: 'Name of the application.' })
  readonly application!: string;

  @Length(1, 40)
  @Field(() => String, { description: 'Alias of the component within the application.' })
  readonly alias!: string;
}

@InputType()
export abstract class ServiceClusterWriteInput extends WriteInput {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'The service cluster to be changed.' })
  readonly ref!: ServiceClusterRef;

  @IsInt()
  @Min(0)
  @Field(() => Int, {
    nullable: true,
    description: 'Refused with CONFLICT unless the service cluster has this generation, 0 or more.',
  })
  readonly expectedGeneration?: number | null;
}
