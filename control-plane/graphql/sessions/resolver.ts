import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import { CreateSignInLinkInput, CreateSignInLinkPayload } from './types.ts';

@Resolver()
export class SessionResolver {
  @Mutation(() => CreateSignInLinkPayload, {
    description:
      'Makes a link that signs a browser in to the console as the caller: once, within five minutes. It ends with the caller’s token, and lets nobody stay longer than the session that made it. Ten of one token are kept, the newest.',
  })
  async createSignInLink(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => CreateSignInLinkInput, { description: 'Where the link leads.' }) input: CreateSignInLinkInput,
  ): Promise<Answer<CreateSignInLinkPayload>> {
    // Not a part of what is kept to answer the same again: it signs in.
    let url: string | null = null;
    const expiresAt = await once(context, 'createSignInLink', input, async () => {
      const { principal, base, sessionEndsAt: until } = context;
      const made = await context.useCases.mutations.createSignInLink(principal, { path: input.path, base, until });
      url = made.url;
      return made.expiresAt;
    });
    return { url, expiresAt };
  }
}
