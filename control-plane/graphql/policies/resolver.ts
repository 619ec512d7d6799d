import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { PolicyRecord } from '../../app/records/applications.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import { DeletePolicyInput, DeletePolicyPayload, Policy } from './types.ts';

@Resolver()
export class PolicyResolver {
  @Query(() => [Policy], { description: 'The policies of a tenant.' })
  policies(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('tenant', () => String, {
      nullable: true,
      description: 'The tenant; the caller’s own if absent ("default" for operators).',
    })
    tenant: string | null | undefined,
  ): Promise<PolicyRecord[]> {
    return useCases.queries.policies(principal, tenant);
  }

  @Mutation(() => DeletePolicyPayload, {
    description: 'Deletes a policy. Refused with CONFLICT while an application names it.',
  })
  async deletePolicy(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeletePolicyInput, { description: 'Which policy.' }) input: DeletePolicyInput,
  ): Promise<Answer<DeletePolicyPayload>> {
    const { useCases, principal } = context;
    const { tenant, kind, name } = input;
    const policy = await once(context, 'deletePolicy', input, () =>
      useCases.mutations.deletePolicy(principal, {
        tenant,
        kind,
        name,
        expectedGeneration: input.expectedGeneration ?? undefined,
      }),
    );
    return { policy };
  }
}
