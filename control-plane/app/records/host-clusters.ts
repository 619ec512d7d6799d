/** What is stored of Kubernetes clusters that instances may run in. Plain records; times are milliseconds since the epoch. */
import type { SealedValue } from '../ports/vault.ts';

/** Whether pods of a host cluster were seen to reach what they need. */
export type HostClusterProbe =
  /** Whoever registered it did not want to know. */
  | { readonly state: 'skipped' }
  /** A pod is to be run, or runs. `image`: null for that of the setting. */
  | { readonly state: 'waiting'; readonly since: number; readonly image: string | null }
  | { readonly state: 'passed'; readonly at: number; readonly image: string; readonly milliseconds: number }
  | {
      readonly state: 'failed';
      readonly at: number;
      readonly image: string;
      readonly milliseconds: number;
      readonly failures: readonly { readonly code: string; readonly message: string }[];
    };

/** A Kubernetes cluster that instances may run in. It is the platform's: operators register it. */
export interface HostClusterRecord {
  readonly uid: string;
  readonly name: string;
  readonly tenant: string;
  /** Raised by each change that somebody asks for. */
  readonly generation: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  /** Uid of its namespace `kube-system`, which is the cluster's for its whole life. */
  readonly clusterUid: string;
  readonly server: string;
  readonly context: string;
  readonly credentialKind: 'certificate' | 'token' | 'in-cluster' | 'command';
  /** Counts how often a credential was given. */
  readonly version: number;
  /** When the credential ends, in milliseconds since the epoch; null: it does not say. */
  readonly credentialEndsAt: number | null;
  /** Days before its end that an event has told of, the fewest; null: none. */
  readonly noticedDays: number | null;
  /** Addresses as pods reach them. */
  readonly brokerUrl: string;
  readonly controlPlaneUrl: string;
  /** PEM of the authorities that both are checked with; null: the public ones. */
  readonly ca: string | null;
  /** Set while nothing new is placed there. */
  readonly drainingSince: number | null;
  readonly probe: HostClusterProbe;
  /** The credential. */
  readonly sealed: SealedValue;
}
