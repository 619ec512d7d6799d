import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { Credential as CredentialInfo } from '../../app/credentials/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import { Credential, CredentialPayload, DeleteCredentialInput, SetCredentialInput } from './types.ts';

@Resolver()
export class CredentialResolver {
  @Query(() => [Credential], {
    description: 'The credentials that a tenant’s Git sources are read with, and images pulled, by name.',
  })
  credentials(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('tenant', () => String, {
      nullable: true,
      description: 'The tenant; the caller’s own if absent ("default" for operators).',
    })
    tenant: string | null | undefined,
    @Arg('hostCluster', () => String, {
      nullable: true,
      description: 'For operators: those of this host cluster in place of a tenant’s.',
    })
    hostCluster: string | null | undefined,
  ): Promise<readonly CredentialInfo[]> {
    return useCases.queries.credentials(principal, tenant, hostCluster);
  }

  @Mutation(() => CredentialPayload, {
    description:
      'Stores a credential, or takes the place of the one of that name. For admins. Its value is kept encrypted and never answered; an idempotency key does not stand for it.',
  })
  async setCredential(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => SetCredentialInput, { description: 'The credential.' }) input: SetCredentialInput,
  ): Promise<Answer<CredentialPayload>> {
    const { value, idempotencyKey, tenant, hostCluster, name, kind, hosts, username, knownHosts } = input;
    const described = { tenant, hostCluster, name, kind, hosts, username, knownHosts };
    // What is stored to recognise the request again is a digest, and that of a short value would give it away.
    const credential = await once(context, 'setCredential', { ...described, idempotencyKey }, () =>
      context.useCases.mutations.setCredential(context.principal, { ...described, value }),
    );
    return { credential };
  }

  @Mutation(() => CredentialPayload, { description: 'Deletes a credential that no source names. For admins.' })
  async deleteCredential(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeleteCredentialInput, { description: 'Which one.' }) input: DeleteCredentialInput,
  ): Promise<Answer<CredentialPayload>> {
    const { tenant, hostCluster, name } = input;
    const credential = await once(context, 'deleteCredential', input, () =>
      context.useCases.mutations.deleteCredential(context.principal, { tenant, hostCluster, name }),
    );
    return { credential };
  }
}
