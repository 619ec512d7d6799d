/** What can be asked about the webhooks by which Git hosts tell of pushes. */
import type { Principal } from '../principal.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { WebhookRecord } from '../records/webhooks.ts';
import type { ClusterRef } from '../use-cases.ts';

/** A webhook as people see it: everything but the secret. */
export interface Webhook extends Omit<WebhookRecord, 'sealed' | 'formerSecret' | 'address'> {
  /** Path at the control plane. */
  readonly path: string;
  /** URL that a Git host is given; null where nobody said under which one the control plane is reached from outside. */
  readonly url: string | null;
  /** Until when the secret before is accepted as well, in milliseconds since the epoch; null: it is not. */
  readonly formerAcceptedUntil: number | null;
  /** False when the key that its secret is encrypted with is lost: rotate it. */
  readonly isReadable: boolean;
}

/** The secret is answered this once. */
export interface WebhookWithSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}

export interface WebhookQueries {
  /** None or one; none, too, for who may not see it. */
  webhooks(principal: Principal, cluster: ClusterRecord): Promise<Webhook[]>;
}

export interface WebhookMutations {
  /** Throws `RequestError` CONFLICT when there is one, INVALID where no component has a Git source. */
  createWebhook(principal: Principal, ref: ClusterRef): Promise<WebhookWithSecret>;
  /** Another secret, in force at once; the path stays. The one before is accepted for `overlapSeconds` more, none unless said. */
  rotateWebhook(
    principal: Principal,
    ref: ClusterRef & { readonly overlapSeconds?: number },
  ): Promise<WebhookWithSecret>;
  deleteWebhook(principal: Principal, ref: ClusterRef): Promise<Webhook>;
}
