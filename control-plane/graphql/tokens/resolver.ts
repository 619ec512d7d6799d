import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Principal } from '../../app/principal.ts';
import type { TokenRecord } from '../../app/records/tenants.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import {
  Caller,
  CreateTokenInput,
  CreateTokenPayload,
  RateLimit,
  RevokeTokenInput,
  RevokeTokenPayload,
  Token,
} from './types.ts';

@Resolver(() => Caller)
export class TokenResolver {
  @Query(() => Caller, { description: 'Who is asking: what the token of this request stands for.' })
  caller(@Ctx() { principal }: GraphQLContext): Principal {
    return principal;
  }

  @FieldResolver(() => RateLimit, { description: 'How much it may ask of the API, and how much it does.' })
  rateLimit(@Root() { token }: Principal, @Ctx() { rates }: GraphQLContext): RateLimit {
    const { requestsPerSecond, burst, concurrent, subscriptions } = rates.limits;
    const use = rates.use(token);
    return {
      requestsPerSecond,
      burst,
      remaining: use.remaining,
      concurrentAllowed: concurrent,
      concurrentUsed: use.concurrent,
      subscriptionsAllowed: subscriptions,
      subscriptionsUsed: use.subscriptions,
    };
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

  @Mutation(() => CreateTokenPayload, {
    description:
      'Makes a token. For admins in their tenant, never with a higher role than their own, and for operators.',
  })
  async createToken(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => CreateTokenInput, { description: 'Name, role and scope.' }) input: CreateTokenInput,
  ): Promise<Answer<CreateTokenPayload>> {
    const { tenant, name, role, application, neverExpires } = input;
    const asked = { tenant, name, role, application, neverExpires };
    const expiresInSeconds = input.expiresInSeconds ?? undefined;
    // Not a part of what is kept to answer the same again: nobody reads the token twice.
    let bearer: string | null = null;
    const token = await once(context, 'createToken', input, async () => {
      const created = await context.useCases.mutations.createToken(context.principal, {
        ...asked,
        ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      });
      bearer = created.token;
      return withoutHash(created.record);
    });
    return { token, bearer };
  }

  @Mutation(() => RevokeTokenPayload, {
    description:
      'Revokes a token: it opens nothing any more, and what it holds open (subscriptions, websockets) ends at once. For admins in their tenant and for operators.',
  })
  async revokeToken(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RevokeTokenInput, { description: 'Which token.' }) input: RevokeTokenInput,
  ): Promise<Answer<RevokeTokenPayload>> {
    const token = await once(context, 'revokeToken', input, async () => {
      return withoutHash(await context.useCases.mutations.revokeToken(context.principal, input.uid));
    });
    return { token };
  }
}

/** What is kept to answer a mutation again needs no hash. */
function withoutHash({ uid, name, tenant, role, application, createdAt, expiresAt, revokedAt }: TokenRecord) {
  return { uid, name, tenant, role, application, createdAt, expiresAt, revokedAt };
}
