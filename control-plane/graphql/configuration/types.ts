import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { SecretReference } from '../../../schema/agent/instance.ts';
import type { SecretVersion as SecretVersionInfo } from '../../app/configuration/use-cases.ts';
import type { ReleaseRecord } from '../../app/records/releases.ts';
import type { Origin, Variable as EffectiveVariable } from '../../domain/releases/environment.ts';
import { Release } from '../releases/types.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const VariableOrigin = {
  CARTRIDGE: 'cartridge',
  MANIFEST: 'manifest',
  APPLICATION: 'application',
  SERVICE_CLUSTER: 'service-cluster',
} as const satisfies Record<string, Origin>;
registerEnumType(VariableOrigin, {
  name: 'VariableOrigin',
  description:
    'Where a variable was set. Each lies over those before it, a secret over everything that is none, and what the platform sets (PORT, HOST, CARTWRIGHT_…) over all.',
  valuesConfig: {
    CARTRIDGE: { description: 'The cartridge’s own default.' },
    MANIFEST: { description: 'The environment in the application’s manifest.' },
    APPLICATION: { description: 'Set for all components of the application.' },
    SERVICE_CLUSTER: { description: 'Set for this component alone.' },
  },
});

export const SecretDelivery = {
  ENVIRONMENT: 'environment',
  FILE: 'file',
} as const satisfies Record<string, SecretReference['delivery']>;
registerEnumType(SecretDelivery, {
  name: 'SecretDelivery',
  description: 'How an application gets a secret.',
  valuesConfig: {
    ENVIRONMENT: { description: 'The variable of that name holds the value.' },
    FILE: {
      description: 'The variable of that name holds the path of a file with the value, readable by the instance alone.',
    },
  },
});

@ObjectType('HiddenVariable', { description: 'A setting that another one lies over.', simpleResolvers: true })
class HiddenVariable {
  @Field(() => VariableOrigin, { description: 'Where it was set.' })
  readonly origin!: Origin;

  @Field(() => Boolean, { description: 'Whether it is a secret.' })
  readonly isSecret!: boolean;
}

@ObjectType('VariableSecret', { description: 'The secret that a variable comes from.', simpleResolvers: true })
class VariableSecret {
  @Field(() => Int, { description: 'Version of the secret, from 1.' })
  readonly version!: number;

  @Field(() => SecretDelivery, { description: 'How the application gets it.' })
  readonly delivery!: SecretReference['delivery'];
}

@ObjectType('Variable', {
  description: 'A variable of the environment that the next release of a service cluster takes.',
  simpleResolvers: true,
})
export class Variable {
  @Field(() => String, { description: 'Its name.' })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: 'Its value; null for a secret, which nobody is told.' })
  readonly value!: string | null;

  @Field(() => VariableOrigin, { description: 'Where it was set.' })
  readonly origin!: Origin;

  @Field(() => VariableSecret, { nullable: true, description: 'The secret that it is; null: it is none.' })
  readonly secret!: EffectiveVariable['secret'];

  @Field(() => [HiddenVariable], {
    description: 'Settings of the same name that have no effect because this one lies over them, the weakest first.',
  })
  readonly hides!: EffectiveVariable['hides'];
}

@ObjectType('SetVariable', { description: 'A variable that was set over the manifest.', simpleResolvers: true })
export class SetVariable {
  @Field(() => String, { description: 'Its name.' })
  readonly name!: string;

  @Field(() => String, { description: 'Its value.' })
  readonly value!: string;
}

@ObjectType('SecretVersion', {
  description:
    'A version of a secret: everything but its value, which is only given to the instances that run with it.',
  simpleResolvers: true,
})
export class SecretVersion {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the secret, and of the variable that tells the application.' })
  readonly name!: string;

  @Field(() => Int, { description: 'Counts the values that the secret has had, from 1.' })
  readonly version!: number;

  @Field(() => SecretDelivery, { description: 'How the application gets it.' })
  readonly delivery!: SecretReference['delivery'];

  @Field(() => DateTime, { description: 'When it was set.' })
  readonly createdAt!: number;

  @Field(() => String, { description: 'Name of the token that set it.' })
  readonly createdBy!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When another version took its place, or the secret was unset; null: new releases take it.',
  })
  readonly retiredAt!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was destroyed; null: it was not.' })
  readonly revokedAt!: number | null;

  @Field(() => String, { nullable: true, description: 'Name of the token that revoked it; null: nobody did.' })
  readonly revokedBy!: string | null;

  @Field(() => Boolean, {
    description:
      'Whether instances can be given it: false once it is revoked, or when the key that encrypts it is lost.',
  })
  readonly isReadable!: SecretVersionInfo['isReadable'];
}

@ObjectType('ConfigurationRelease', { description: 'A release that a change made.', simpleResolvers: true })
class ConfigurationRelease {
  @Field(() => String, { description: 'Alias of the component whose it is.' })
  readonly alias!: string;

  @Field(() => Release, { description: 'The release.' })
  readonly release!: ReleaseRecord;
}

@ObjectType('ConfigurationPayload', {
  description: 'Answer to the mutations that change configuration or secrets.',
  simpleResolvers: true,
})
export class ConfigurationPayload extends Payload {
  @Field(() => [String], {
    nullable: true,
    description: 'Names that are set to something else than before; empty: nothing was to be done.',
  })
  readonly changed!: readonly string[] | null;

  @Field(() => [ConfigurationRelease], {
    nullable: true,
    description: 'The releases that were made, one for each service cluster whose environment is another by it.',
  })
  readonly releases!: readonly ConfigurationRelease[] | null;
}
