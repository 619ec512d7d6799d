import { ArrayMaxSize, IsInt, Length, MaxLength, Min, ValidateNested } from 'class-validator';
import { Field, InputType, Int } from 'type-graphql';
import { LONGEST_SECRET, type SecretReference } from '../../../schema/agent/instance.ts';
import { LONGEST_VALUE } from '../../../schema/manifests/variable.ts';
import { WriteInput } from '../input.ts';
import { SecretDelivery } from './types.ts';

const NAME = 'Name of the variable: letters, digits and underscores, at most 128, not beginning with a digit.';

@InputType('ConfigurationRef', {
  description: 'Names a service cluster, or an application and so all of its components.',
})
class ConfigurationRef {
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
  @Field(() => String, { nullable: true, description: 'Alias of the component; all components if absent.' })
  readonly alias?: string | null;
}

@InputType()
export abstract class ConfigurationWriteInput extends WriteInput {
  @ValidateNested()
  @Field(() => ConfigurationRef, { description: 'Whose configuration is to be changed.' })
  readonly ref!: ConfigurationRef;
}

@InputType('VariableInput', { description: 'A variable and its value.' })
class VariableInput {
  @Length(1, 128)
  @Field(() => String, { description: NAME })
  readonly name!: string;

  @MaxLength(LONGEST_VALUE)
  @Field(() => String, { description: `Its value, at most ${LONGEST_VALUE} characters.` })
  readonly value!: string;
}

@InputType('ConfigureInput', { description: 'Variables to set and to unset over the manifest, all in one release.' })
export class ConfigureInput extends ConfigurationWriteInput {
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Field(() => [VariableInput], { defaultValue: [], description: 'Variables to set, at most 200.' })
  readonly set!: readonly VariableInput[];

  @ArrayMaxSize(200)
  @Length(1, 128, { each: true })
  @Field(() => [String], { defaultValue: [], description: 'Names of variables to unset, at most 200.' })
  readonly unset!: readonly string[];
}

@InputType('SecretInput', { description: 'A secret and its value.' })
export class SecretInput {
  @Length(1, 128)
  @Field(() => String, { description: NAME })
  readonly name!: string;

  @MaxLength(LONGEST_SECRET)
  @Field(() => String, {
    description: `Its value, 1–${LONGEST_VALUE} characters, as a file up to ${LONGEST_SECRET}. Send it as a GraphQL variable and not in the document.`,
  })
  readonly value!: string;

  @Field(() => SecretDelivery, {
    defaultValue: SecretDelivery.ENVIRONMENT,
    description: 'How the application gets it.',
  })
  readonly delivery!: SecretReference['delivery'];
}

@InputType('SetSecretsInput', { description: 'Secrets to set, all in one release.' })
export class SetSecretsInput extends ConfigurationWriteInput {
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Field(() => [SecretInput], { description: 'The secrets, at most 100.' })
  readonly secrets!: readonly SecretInput[];
}

@InputType('UnsetSecretsInput', { description: 'Secrets that new releases shall no longer take.' })
export class UnsetSecretsInput extends ConfigurationWriteInput {
  @ArrayMaxSize(100)
  @Length(1, 128, { each: true })
  @Field(() => [String], { description: 'Their names, at most 100.' })
  readonly names!: readonly string[];
}

@InputType('RevokeSecretInput', { description: 'The secret, or version of it, to destroy.' })
export class RevokeSecretInput extends ConfigurationWriteInput {
  @Length(1, 128)
  @Field(() => String, { description: 'Name of the secret.' })
  readonly name!: string;

  @IsInt()
  @Min(1)
  @Field(() => Int, { nullable: true, description: 'The version, from 1; every version if absent.' })
  readonly version?: number | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Also when a release that runs takes it: a release without it is made then.',
  })
  readonly force!: boolean;
}
