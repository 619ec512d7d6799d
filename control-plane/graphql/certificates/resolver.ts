import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { Certificate as CertificateInfo } from '../../app/certificates/use-cases.ts';
import type { ApplicationRecord } from '../../app/records/applications.ts';
import { Application } from '../applications/types.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import { Certificate, CertificatePayload, DeleteCertificateInput, SetCertificateInput } from './types.ts';

@Resolver(() => Application)
export class CertificateResolver {
  @FieldResolver(() => [Certificate], { description: 'What its load balancers speak TLS with, by host.' })
  certificates(
    @Root() application: ApplicationRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
  ): Promise<readonly CertificateInfo[]> {
    return useCases.queries.certificates(principal, application);
  }

  @Mutation(() => CertificatePayload, {
    description:
      'Stores the certificate of a host, or takes the place of the one before; load balancers show it to new connections at once. Chain and key are kept encrypted and never answered; an idempotency key does not stand for them.',
  })
  async setCertificate(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => SetCertificateInput, { description: 'The certificate.' }) input: SetCertificateInput,
  ): Promise<Answer<CertificatePayload>> {
    const { chain, key, idempotencyKey, tenant, application, host, isDefault } = input;
    const described = { tenant, application, host, isDefault };
    const certificate = await once(context, 'setCertificate', { ...described, idempotencyKey }, () =>
      context.useCases.mutations.setCertificate(context.principal, { ...described, chain, key }),
    );
    return { certificate, warnings: certificate.warnings };
  }

  @Mutation(() => CertificatePayload, {
    description: 'Deletes the certificate of a host: its load balancers show it to no new connection any more.',
  })
  async deleteCertificate(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeleteCertificateInput, { description: 'Which one.' }) input: DeleteCertificateInput,
  ): Promise<Answer<CertificatePayload>> {
    const { tenant, application, host } = input;
    const certificate = await once(context, 'deleteCertificate', input, () =>
      context.useCases.mutations.deleteCertificate(context.principal, { tenant, application, host }),
    );
    return { certificate, warnings: [] };
  }
}
