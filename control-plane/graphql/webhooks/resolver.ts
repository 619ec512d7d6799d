import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { Webhook as WebhookInfo, WebhookMutations, WebhookWithSecret } from '../../app/webhooks/use-cases.ts';
import { ServiceCluster } from '../clusters/types.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import {
  CreateWebhookInput,
  DeleteWebhookInput,
  DeleteWebhookPayload,
  RotateWebhookInput,
  Webhook,
  WebhookPayload,
} from './types.ts';

@Resolver(() => ServiceCluster)
export class WebhookResolver {
  @FieldResolver(() => [Webhook], {
    description: 'Its webhook for pushes, if it has one; empty, too, for who may not deploy.',
  })
  webhooks(@Root() cluster: ClusterRecord, @Ctx() { useCases, principal }: GraphQLContext): Promise<WebhookInfo[]> {
    return useCases.queries.webhooks(principal, cluster);
  }

  @Mutation(() => WebhookPayload, {
    description:
      'Makes the webhook of a service cluster: a path that nobody can guess, and a secret that is answered this once.',
  })
  createWebhook(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => CreateWebhookInput, { description: 'Whose webhook.' }) input: CreateWebhookInput,
  ): Promise<Answer<WebhookPayload>> {
    return withSecret(context, 'createWebhook', input, (mutations) =>
      mutations.createWebhook(context.principal, input.ref),
    );
  }

  @Mutation(() => WebhookPayload, {
    description:
      'Gives a webhook another secret, in force at once; its path stays. The secret before is refused, or taken for a while if that is asked for.',
  })
  rotateWebhook(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RotateWebhookInput, { description: 'Whose webhook.' }) input: RotateWebhookInput,
  ): Promise<Answer<WebhookPayload>> {
    const { ref, overlapSeconds } = input;
    return withSecret(context, 'rotateWebhook', input, (mutations) =>
      mutations.rotateWebhook(context.principal, { ...ref, overlapSeconds }),
    );
  }

  @Mutation(() => DeleteWebhookPayload, { description: 'Deletes a webhook: nothing that is sent to it has an effect.' })
  async deleteWebhook(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeleteWebhookInput, { description: 'Whose webhook.' }) input: DeleteWebhookInput,
  ): Promise<Answer<DeleteWebhookPayload>> {
    const webhook = await once(context, 'deleteWebhook', input, () =>
      context.useCases.mutations.deleteWebhook(context.principal, input.ref),
    );
    return { webhook };
  }
}

/** The secret is not a part of what is kept to answer the same again: nobody reads it twice. */
async function withSecret(
  context: GraphQLContext,
  mutation: 'createWebhook' | 'rotateWebhook',
  input: CreateWebhookInput,
  make: (mutations: WebhookMutations) => Promise<WebhookWithSecret>,
): Promise<Answer<WebhookPayload>> {
  let secret: string | null = null;
  const webhook = await once(context, mutation, input, async () => {
    const made = await make(context.useCases.mutations);
    secret = made.secret;
    return made.webhook;
  });
  return { webhook, secret };
}
