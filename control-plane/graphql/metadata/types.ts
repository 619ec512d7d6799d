import { ArrayMaxSize, IsInt, Length, MaxLength, Min, ValidateNested } from 'class-validator';
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { LONGEST_METADATA_VALUE } from '../../../schema/agent/metadata.ts';
import type { MetadataState } from '../../app/metadata/use-cases.ts';
import { ConfigurationWriteInput } from '../configuration/inputs.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

@ObjectType('MetadataEntry', {
  description: 'A key and its value, which applications read while they run.',
  simpleResolvers: true,
})
export class MetadataEntry {
  @Field(() => String, { description: 'The key: 1–128 letters, digits and . _ - /' })
  readonly key!: string;

  @Field(() => String, { description: `The value, at most ${LONGEST_METADATA_VALUE} characters.` })
  readonly value!: string;
}

@ObjectType('Metadata', {
  description: 'Key-values that were set for an application, or for one of its service clusters alone. No secrets.',
  simpleResolvers: true,
})
export class Metadata {
  @Field(() => Int, { description: 'Grows by 1 with each change; 0: nothing was ever set.' })
  readonly generation!: number;

  @Field(() => [MetadataEntry], { description: 'What is set, by key; at most 100.' })
  readonly entries!: readonly MetadataEntry[];

  @Field(() => DateTime, { nullable: true, description: 'When it was last changed; null: never.' })
  readonly updatedAt!: number | null;

  @Field(() => String, { nullable: true, description: 'Name of the token that last changed it; null: never.' })
  readonly updatedBy!: string | null;
}

@InputType('MetadataEntryInput', { description: 'A key and its value.' })
class MetadataEntryInput {
  @Length(1, 128)
  @Field(() => String, { description: 'The key: 1–128 letters, digits and . _ - /' })
  readonly key!: string;

  @MaxLength(LONGEST_METADATA_VALUE)
  @Field(() => String, { description: `The value, at most ${LONGEST_METADATA_VALUE} characters. No secret.` })
  readonly value!: string;
}

@InputType('SetMetadataInput', { description: 'Keys to set and to remove in one change.' })
export class SetMetadataInput extends ConfigurationWriteInput {
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Field(() => [MetadataEntryInput], { defaultValue: [], description: 'Keys to set, at most 100.' })
  readonly set!: readonly MetadataEntryInput[];

  @ArrayMaxSize(100)
  @Length(1, 128, { each: true })
  @Field(() => [String], {
    defaultValue: [],
    description: 'Keys to remove, at most 100; one that is not there is no error.',
  })
  readonly remove!: readonly string[];

  @IsInt()
  @Min(0)
  @Field(() => Int, { nullable: true, description: 'Refused with CONFLICT unless it has this generation, 0 or more.' })
  readonly expectedGeneration?: number | null;
}

@ObjectType('MetadataPayload', { description: 'Answer to setMetadata.', simpleResolvers: true })
export class MetadataPayload extends Payload {
  @Field(() => Metadata, { nullable: true, description: 'What is set now.' })
  readonly metadata!: MetadataState | null;
}
