import { Ctx, Query, Resolver } from 'type-graphql';
import type { TenantRecord } from '../../app/records.ts';
import type { GraphQLContext } from '../context.ts';
import { Tenant } from './types.ts';

@Resolver()
export class TenantResolver {
  @Query(() => [Tenant], {
    description: 'The tenants that the caller may see: all of them for operators, else its own.',
  })
  tenants(@Ctx() { useCases, principal }: GraphQLContext): Promise<TenantRecord[]> {
    return useCases.queries.tenants(principal);
  }
}
