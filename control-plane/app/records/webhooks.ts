/** What is stored of webhooks of Git hosts, and what they have delivered. Plain records; times are milliseconds since the epoch. */
import type { SealedValue } from '../ports/vault.ts';

/** A secret that was replaced and still counts. */
export interface FormerSecret {
  readonly sealed: SealedValue;
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Where a Git host tells that the source of a service cluster has moved; at most one a service cluster. */
export interface WebhookRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  /** Uid of the service cluster. */
  readonly cluster: string;
  /** `APPLICATION/ALIAS`. */
  readonly name: string;
  /** Last part of its path: nobody can guess it. */
  readonly address: string;
  /** Counts the secrets that it has had. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Name of the token. */
  readonly updatedBy: string;
  readonly sealed: SealedValue;
  /** The secret before, for a time after a rotation; null: it counts no more. */
  readonly formerSecret: FormerSecret | null;
  /** The last delivery that was the host's own. */
  readonly lastDelivery: WebhookDelivery | null;
  /** The last one that was not: the secret may be another at the host. */
  readonly lastRefusal: { readonly at: number; readonly reason: string } | null;
}

export interface WebhookDelivery {
  readonly at: number;
  /** How it was signed: github, gitea, gitlab, gitlab-token. */
  readonly form: string;
  readonly result: 'fetching' | 'ignored' | 'ping';
  /** For a person. */
  readonly detail: string;
}

/** That a delivery was taken, so that the same one has no second effect. */
export interface DeliveryRecord {
  /** Uid of the webhook and a digest of what is remembered. */
  readonly uid: string;
  readonly tenant: string;
  readonly webhook: string;
  /** When it is forgotten, in milliseconds since the epoch. */
  readonly expiresAt: number;
}
