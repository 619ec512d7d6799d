/** What is stored of who outside of the platform is told of events, and how far. Plain records; times are milliseconds since the epoch. */
import type { SealedValue } from '../ports/vault.ts';
import type { FormerSecret } from './webhooks.ts';

/** Who outside of the platform is told of events. Immutable but for `disabled`. */
export interface NoticeRecord {
  readonly uid: string;
  /** {@link PLATFORM_TENANT}: about all that happens on the platform. */
  readonly tenant: string;
  readonly name: string;
  /** Name of the only application that it is about; null: all of the tenant's. */
  readonly application: string | null;
  readonly url: string;
  /** Patterns of event types, see domain/notices/types.ts. */
  readonly types: readonly string[];
  /** Of its secret. */
  readonly version: number;
  readonly createdAt: number;
  /** Name of the token. */
  readonly createdBy: string;
  /** Why nothing is sent any more; null: it is. */
  readonly disabled: { readonly at: number; readonly reason: string } | null;
  readonly sealed: SealedValue;
  /** The secret before, which signs as well for a time after a rotation; null: it counts no more. */
  readonly formerSecret: FormerSecret | null;
}

/** How far a notice has come. */
export interface NoticeProgressRecord {
  /** That of the notice. */
  readonly uid: string;
  readonly tenant: string;
  /** Sequence of the last event that was told, or that it is not about. */
  readonly after: number;
  /** Tries of the next one that failed. */
  readonly failures: number;
  /** Since when nothing was taken; null: the last try was. */
  readonly failingSince: number | null;
  /** Events that were refused too often. */
  readonly dropped: number;
  readonly lastSuccess: { readonly at: number; readonly status: number; readonly event: string } | null;
  readonly lastError: { readonly at: number; readonly code: string; readonly message: string } | null;
}
