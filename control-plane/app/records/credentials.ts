/** What is stored of what is shown to others: credentials of Git sources, certificates. Plain records; times are milliseconds since the epoch. */
import type { SealedValue } from '../ports/vault.ts';

/** What a tenant's Git sources are read with, or its images pulled; of a host cluster's, the tenant is the platform and the name `HOST-CLUSTER/NAME`. */
export interface CredentialRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly kind: 'token' | 'password' | 'key' | 'registry';
  /** Hosts that it may be shown to: `name` or `name:port`. */
  readonly hosts: readonly string[];
  /** Null for a key: that is in the URL. */
  readonly username: string | null;
  /** Lines as of ssh's known_hosts; null for what is no key. */
  readonly knownHosts: string | null;
  /** Counts the values that it has had. */
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly sealed: SealedValue;
}

/** What an application's load balancers speak TLS with, for one host. */
export interface CertificateRecord {
  readonly uid: string;
  readonly tenant: string;
  /** Uid of the application. */
  readonly owner: string;
  /** The host, or `*.` and a domain. */
  readonly name: string;
  /** Counts how often it was set. */
  readonly version: number;
  /** For clients that name no host, or one without a certificate. */
  readonly isDefault: boolean;
  /** Hosts that the certificate names. */
  readonly hosts: readonly string[];
  /** When the first of its chain ends; milliseconds since the epoch. */
  readonly notAfter: number;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
  /** Days before its end that an event has told of, the fewest; null: none. */
  readonly noticedDays: number | null;
  readonly updatedAt: number;
  readonly updatedBy: string;
  /** Chain and key. */
  readonly sealed: SealedValue;
}
