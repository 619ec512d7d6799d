import { Length, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { LONGEST_CHAIN, LONGEST_KEY } from '../../../schema/agent/certificates.ts';
import type { Certificate as CertificateInfo } from '../../app/certificates/use-cases.ts';
import { WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

@ObjectType('Certificate', {
  description: 'What an application’s load balancers speak TLS with for a host: everything but chain and key.',
  simpleResolvers: true,
})
export class Certificate {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'The host that it is for, or *. and a domain: every name one label longer.' })
  readonly name!: string;

  @Field(() => Boolean, { description: 'Whether clients get it that name no host, or one without a certificate.' })
  readonly isDefault!: boolean;

  @Field(() => [String], { description: 'Every host that the certificate names.' })
  readonly hosts!: readonly string[];

  @Field(() => DateTime, { description: 'When it ends, or the first of its chain does.' })
  readonly notAfter!: number;

  @Field(() => String, { description: 'SHA-256 of the certificate, in pairs of hex digits.' })
  readonly fingerprint!: string;

  @Field(() => Int, { description: 'Counts how often it was set, from 1.' })
  readonly version!: number;

  @Field(() => DateTime, { description: 'When it was last set.' })
  readonly updatedAt!: number;

  @Field(() => String, { description: 'Name of the token that last set it.' })
  readonly updatedBy!: string;

  @Field(() => Boolean, { description: 'False when the key that encrypts it is lost: set it again.' })
  readonly isReadable!: boolean;
}

@InputType()
abstract class CertificateWriteInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, { description: 'Name of the application.' })
  readonly application!: string;

  @Length(1, 254)
  @Field(() => String, { description: 'The host, such as shop.example.org or *.example.org.' })
  readonly host!: string;
}

@InputType('SetCertificateInput', { description: 'A certificate with its chain and private key.' })
export class SetCertificateInput extends CertificateWriteInput {
  @MaxLength(LONGEST_CHAIN)
  @Field(() => String, {
    description: `Certificates in PEM, the host’s own first, each followed by its issuer; at most ${LONGEST_CHAIN} characters.`,
  })
  readonly chain!: string;

  @MaxLength(LONGEST_KEY)
  @Field(() => String, {
    description: `The private key in PEM, without a passphrase; at most ${LONGEST_KEY} characters. Send it as a GraphQL variable.`,
  })
  readonly key!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Whether clients get it that name no host, or one without a certificate. One at most: the last one set.',
  })
  readonly isDefault!: boolean;
}

@InputType('DeleteCertificateInput', { description: 'Which certificate.' })
export class DeleteCertificateInput extends CertificateWriteInput {}

@ObjectType('CertificatePayload', { description: 'Answer to the mutations of certificates.', simpleResolvers: true })
export class CertificatePayload extends Payload {
  @Field(() => Certificate, {
    nullable: true,
    description: 'The certificate after the change, or before it was deleted.',
  })
  readonly certificate!: CertificateInfo | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'What clients may not like about a certificate that was stored, such as a missing intermediate; empty of one that was deleted.',
  })
  readonly warnings!: readonly string[] | null;
}
