import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { TenantQuota, TenantRecord } from '../../app/records/tenants.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import {
  CreateTenantInput,
  DeleteTenantInput,
  SetTenantQuotaInput,
  Tenant,
  TenantPayload,
  TenantQuotaType,
  type TenantQuotaInput,
} from './types.ts';

@Resolver(() => Tenant)
export class TenantResolver {
  @Query(() => [Tenant], {
    description: 'The tenants that the caller may see: all of them for operators, else its own.',
  })
  tenants(@Ctx() { useCases, principal }: GraphQLContext): Promise<TenantRecord[]> {
    return useCases.queries.tenants(principal);
  }

  @FieldResolver(() => TenantQuotaType, { description: 'What it may have, and what of it is used.' })
  async quota(
    @Root() tenant: TenantRecord,
    @Ctx() { useCases, principal, once }: GraphQLContext,
  ): Promise<TenantQuotaType> {
    const use = await once.get('tenantUse', tenant.name, () => useCases.queries.tenantUse(principal, tenant.name));
    const { quota } = tenant;
    const of = (part: keyof TenantQuota) => ({ used: use[part], allowed: quota[part] });
    return {
      instances: of('instances'),
      applications: of('applications'),
      memoryBytes: of('memoryBytes'),
      buildsAtOnce: of('buildsAtOnce'),
      logBytes: of('logBytes'),
    };
  }

  @FieldResolver(() => Int, {
    deprecationReason: 'Ask for quota { instances { allowed } }.',
    description: 'Instances that all service clusters of the tenant may have together, 0 or more.',
  })
  quotaInstances(@Root() tenant: TenantRecord): number {
    return tenant.quota.instances;
  }

  @Mutation(() => TenantPayload, { description: 'Makes a tenant. For operators.' })
  async createTenant(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => CreateTenantInput, { description: 'Name and quota.' }) input: CreateTenantInput,
  ): Promise<Answer<TenantPayload>> {
    const asked = { name: input.name, quota: given(input.quota) };
    const tenant = await once(context, 'createTenant', input, () =>
      context.useCases.mutations.createTenant(context.principal, asked),
    );
    return { tenant };
  }

  @Mutation(() => TenantPayload, {
    description:
      'Changes what a tenant may have. For operators. A quota below what is used refuses more and takes instances away.',
  })
  async setTenantQuota(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => SetTenantQuotaInput, { description: 'Which tenant, and what.' }) input: SetTenantQuotaInput,
  ): Promise<Answer<TenantPayload>> {
    const asked = { name: input.name, quota: given(input.quota) };
    const tenant = await once(context, 'setTenantQuota', input, () =>
      context.useCases.mutations.setTenantQuota(context.principal, asked),
    );
    return { tenant };
  }

  @Mutation(() => TenantPayload, {
    description:
      'Deletes a tenant. For operators. Its tokens end at once; with cascade its applications are drained and stopped, and it goes with the last of them.',
  })
  async deleteTenant(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeleteTenantInput, { description: 'Which tenant.' }) input: DeleteTenantInput,
  ): Promise<Answer<TenantPayload>> {
    const { name, cascade, repeatedName } = input;
    const tenant = await once(context, 'deleteTenant', input, () =>
      context.useCases.mutations.deleteTenant(context.principal, { name, cascade, repeatedName }),
    );
    return { tenant };
  }
}

/** What was given of a quota. */
function given(quota: TenantQuotaInput | null | undefined): Partial<TenantQuota> {
  return Object.fromEntries(Object.entries(quota ?? {}).filter(([, value]) => typeof value === 'number'));
}
