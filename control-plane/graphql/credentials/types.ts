import { ArrayMaxSize, Length, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Credential as CredentialInfo } from '../../app/credentials/use-cases.ts';
import type { CredentialRecord } from '../../app/records/credentials.ts';
import { WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const CredentialKind = {
  TOKEN: 'token',
  LOGIN: 'password',
  KEY: 'key',
  REGISTRY: 'registry',
} as const satisfies Record<string, CredentialRecord['kind']>;
registerEnumType(CredentialKind, {
  name: 'CredentialKind',
  description: 'What a Git source is read with, or images are pulled.',
  valuesConfig: {
    TOKEN: { description: 'A token, over HTTPS.' },
    LOGIN: { description: 'A user and what it logs in with, over HTTPS.' },
    KEY: { description: 'A private key such as a deploy key, over ssh.' },
    REGISTRY: { description: 'A user of a registry of images, with which host clusters pull them.' },
  },
});

const TENANT = { nullable: true, description: 'The tenant; the caller’s own if absent ("default" for operators).' };

const HOST_CLUSTER = {
  nullable: true,
  description: 'For operators, in place of a tenant: the host cluster that a REGISTRY is for.',
};

@ObjectType('Credential', {
  description:
    'What Git sources of a tenant are read with, or images are pulled: everything but its value, which nobody is told.',
  simpleResolvers: true,
})
export class Credential {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The host cluster in which every tenant’s images are pulled with it; null: the tenant’s own.',
  })
  readonly hostCluster!: string | null;

  @Field(() => String, { description: 'Name, as sources name it in source.git.credentials.' })
  readonly name!: string;

  @Field(() => CredentialKind, { description: 'What it is.' })
  readonly kind!: CredentialRecord['kind'];

  @Field(() => [String], { description: 'Hosts that it is shown to, and no others: name or name:port.' })
  readonly hosts!: readonly string[];

  @Field(() => String, { nullable: true, description: 'The user of a token or login; null for a key.' })
  readonly username!: string | null;

  @Field(() => String, { nullable: true, description: 'Known host keys, as of ssh’s known_hosts; null for no key.' })
  readonly knownHosts!: string | null;

  @Field(() => Int, { description: 'Counts the values that it has had, from 1.' })
  readonly version!: number;

  @Field(() => DateTime, { description: 'When it was last set.' })
  readonly updatedAt!: number;

  @Field(() => String, { description: 'Name of the token that last set it.' })
  readonly updatedBy!: string;

  @Field(() => Boolean, { description: 'False when the key that encrypts it is lost: set it again.' })
  readonly isReadable!: boolean;
}

@InputType('SetCredentialInput', { description: 'A credential and its value.' })
export class SetCredentialInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, TENANT)
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, HOST_CLUSTER)
  readonly hostCluster?: string | null;

  @Length(1, 40)
  @Field(() => String, { description: 'Its name: 1–40 lower-case letters, digits and hyphens.' })
  readonly name!: string;

  @Field(() => CredentialKind, { description: 'What it is.' })
  readonly kind!: CredentialRecord['kind'];

  @ArrayMaxSize(20)
  @Length(1, 260, { each: true })
  @Field(() => [String], { description: 'Hosts that it may be shown to, 1–20: name or name:port.' })
  readonly hosts!: readonly string[];

  @Length(1, 200)
  @Field(() => String, {
    nullable: true,
    description: 'The user; needed for a login and a registry, x-access-token for a token if absent.',
  })
  readonly username?: string | null;

  @MaxLength(20_000)
  @Field(() => String, {
    nullable: true,
    description: 'For a key: lines as of ssh’s known_hosts, at most 20000 characters.',
  })
  readonly knownHosts?: string | null;

  @MaxLength(20_000)
  @Field(() => String, {
    description:
      'The token, what the user logs in with, or the private key without a passphrase; 1–20000 characters. Send it as a GraphQL variable.',
  })
  readonly value!: string;
}

@InputType('DeleteCredentialInput', { description: 'Which credential.' })
export class DeleteCredentialInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, TENANT)
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, HOST_CLUSTER)
  readonly hostCluster?: string | null;

  @Length(1, 40)
  @Field(() => String, { description: 'Its name.' })
  readonly name!: string;
}

@ObjectType('CredentialPayload', { description: 'Answer to the mutations of credentials.', simpleResolvers: true })
export class CredentialPayload extends Payload {
  @Field(() => Credential, {
    nullable: true,
    description: 'The credential after the change, or before it was deleted.',
  })
  readonly credential!: CredentialInfo | null;
}
