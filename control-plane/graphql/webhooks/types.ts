import { IsInt, Max, Min, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LONGEST_OVERLAP_SECONDS } from '../../app/configuration/former-secret.ts';
import type { WebhookDelivery as DeliveryInfo } from '../../app/records/webhooks.ts';
import type { Webhook as WebhookInfo } from '../../app/webhooks/use-cases.ts';
import { ServiceClusterRef, WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const DeliveryResult = { FETCHING: 'fetching', IGNORED: 'ignored', PING: 'ping' } as const satisfies Record<
  string,
  DeliveryInfo['result']
>;
registerEnumType(DeliveryResult, {
  name: 'WebhookDeliveryResult',
  description: 'What became of a delivery.',
  valuesConfig: {
    FETCHING: { description: 'The source is asked about at once.' },
    IGNORED: { description: 'It is not about what the source follows.' },
    PING: { description: 'The host tried whether somebody is there.' },
  },
});

@ObjectType('WebhookDelivery', { description: 'A delivery that was the Git host’s own.', simpleResolvers: true })
class WebhookDelivery {
  @Field(() => DateTime, { description: 'When it came.' })
  readonly at!: number;

  @Field(() => String, { description: 'How it was signed: github, gitea, gitlab or gitlab-token; a registered word.' })
  readonly form!: string;

  @Field(() => DeliveryResult, { description: 'What became of it.' })
  readonly result!: DeliveryInfo['result'];

  @Field(() => String, { description: 'The reference that moved, or why it was ignored, for a person.' })
  readonly detail!: string;
}

@ObjectType('WebhookRefusal', { description: 'A delivery that was not the Git host’s own.', simpleResolvers: true })
class WebhookRefusal {
  @Field(() => DateTime, { description: 'When it came.' })
  readonly at!: number;

  @Field(() => String, { description: 'Why it was refused, for a person.' })
  readonly reason!: string;
}

@ObjectType('Webhook', {
  description: 'Where a Git host tells that the source of a service cluster has moved; everything but its secret.',
  simpleResolvers: true,
})
export class Webhook {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Whose it is: application/alias.' })
  readonly name!: string;

  @Field(() => String, { description: 'Path at this control plane that the host posts to; nobody can guess it.' })
  readonly path!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The URL that the Git host is given; null where the control plane was not told under which one it is reached (CARTWRIGHT_PUBLIC_URL).',
  })
  readonly url!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when deliveries with the secret before are taken as well; null: they are not.',
  })
  readonly formerAcceptedUntil!: number | null;

  @Field(() => Int, { description: 'Counts the secrets that it has had, from 1.' })
  readonly version!: number;

  @Field(() => DateTime, { description: 'When it was made.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { description: 'When it got its present secret.' })
  readonly updatedAt!: number;

  @Field(() => String, { description: 'Name of the token that made its present secret.' })
  readonly updatedBy!: string;

  @Field(() => Boolean, { description: 'False when the key that encrypts its secret is lost: rotate it.' })
  readonly isReadable!: boolean;

  @Field(() => WebhookDelivery, { nullable: true, description: 'The last delivery that was taken; null: none yet.' })
  readonly lastDelivery!: DeliveryInfo | null;

  @Field(() => WebhookRefusal, {
    nullable: true,
    description: 'The last delivery with a wrong signature since its secret was made; null: none.',
  })
  readonly lastRefusal!: WebhookInfo['lastRefusal'];
}

@InputType('CreateWebhookInput', { description: 'Whose webhook to make.' })
export class CreateWebhookInput extends WriteInput {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'A service cluster with a Git source.' })
  readonly ref!: ServiceClusterRef;
}

@InputType('RotateWebhookInput', { description: 'Whose webhook gets another secret.' })
export class RotateWebhookInput extends CreateWebhookInput {
  @IsInt()
  @Min(0)
  @Max(LONGEST_OVERLAP_SECONDS)
  @Field(() => Int, {
    defaultValue: 0,
    description: `How long deliveries with the secret before are taken as well, in seconds, 0–${LONGEST_OVERLAP_SECONDS}.`,
  })
  readonly overlapSeconds!: number;
}

@InputType('DeleteWebhookInput', { description: 'Whose webhook to delete.' })
export class DeleteWebhookInput extends CreateWebhookInput {}

@ObjectType('WebhookPayload', {
  description: 'Answer to the mutations that make a webhook’s secret.',
  simpleResolvers: true,
})
export class WebhookPayload extends Payload {
  @Field(() => Webhook, { nullable: true, description: 'The webhook.' })
  readonly webhook!: WebhookInfo | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Its secret, to be set at the Git host. Answered this once; null when the mutation is asked again with its idempotency key.',
  })
  readonly secret!: string | null;
}

@ObjectType('DeleteWebhookPayload', { description: 'Answer to deleteWebhook.', simpleResolvers: true })
export class DeleteWebhookPayload extends Payload {
  @Field(() => Webhook, { nullable: true, description: 'The webhook before it was deleted.' })
  readonly webhook!: WebhookInfo | null;
}
