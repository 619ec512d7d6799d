import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { Principal } from '../../app/principal.ts';
import type { TokenRecord } from '../../app/records.ts';
import type { GraphQLContext } from '../context.ts';
import { Caller, Token } from './types.ts';

@Resolver()
export class TokenResolver {
  @Query(() => Caller, { description: 'Who is asking: what the token of this request stands for.' })
  caller(@Ctx() { principal }: GraphQLContext): Principal {
    return principal;
  }

  @Query(() => [Token], { description: 'The tokens of a tenant, revoked and expired ones included.' })
  tokens(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('tenant', () => String, {
      nullable: true,
      description: 'The tenant; the caller’s own if absent (all of them for operators).',
    })
    tenant: string | null | undefined,
  ): Promise<TokenRecord[]> {
    return useCases.queries.tokens(principal, tenant);
  }
}
