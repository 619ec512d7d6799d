/** What the app needs of a database. One adapter implements it on MikroORM for SQLite and PostgreSQL. */
import type { ApplicationRecord, PolicyRecord } from '../records/applications.ts';
import type { AuditRecord } from '../records/audit.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { ConfigurationRecord, MetadataRecord, SecretVersionRecord } from '../records/configuration.ts';
import type { CertificateRecord, CredentialRecord } from '../records/credentials.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import type { EventRecord, NewEvent } from '../records/events.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { InstanceRecord } from '../records/instances.ts';
import type { NoticeProgressRecord, NoticeRecord } from '../records/notices.ts';
import type { ReleaseRecord, RolloutRecord } from '../records/releases.ts';
import type { EndedSessionRecord } from '../records/sessions.ts';
import type { SettingRecord } from '../records/settings.ts';
import type { ArtifactRecord, BuildRecord, SourceRecord, UploadRecord } from '../records/sources.ts';
import type { TaskRecord } from '../records/tasks.ts';
import type { TenantRecord, TokenRecord } from '../records/tenants.ts';
import type { HistoryBlockRecord, MeterRecord, UsageRecord } from '../records/usage.ts';
import type { DeliveryRecord, WebhookRecord } from '../records/webhooks.ts';

/** Equality on top-level scalar fields; an array means "one of". */
export type Filter<T> = { readonly [K in keyof T]?: T[K] | readonly T[K][] };

export interface Page {
  readonly limit?: number;
  /** Uid after (or, newest first, before) which the page begins. */
  readonly after?: string;
  readonly newestFirst?: boolean;
}

export interface Repository<T extends { readonly uid: string }> {
  get(uid: string): Promise<T | undefined>;
  /** In order of uid, which is order of creation. */
  find(filter: Filter<T>, page?: Page): Promise<T[]>;
  /** Inserts or replaces the whole record. */
  save(record: T): Promise<void>;
  delete(uid: string): Promise<void>;
}

export interface EventFilter {
  readonly tenant?: string;
  /** Name of an application: what happened to it, or within. */
  readonly application?: string;
  readonly subjectUid?: string;
  readonly types?: readonly string[];
}

export interface EventLog {
  /** Appends and returns the records with their sequence. */
  append(events: readonly NewEvent[]): Promise<EventRecord[]>;
  /** Events with a sequence above `after`, oldest first. */
  after(after: number, filter: EventFilter, limit: number): Promise<EventRecord[]>;
  /** The newest `limit` events (of those with a sequence below `before`), oldest first. */
  newest(filter: EventFilter, limit: number, before?: number): Promise<EventRecord[]>;
  /** Sequence of the last event; 0 when there is none. */
  last(): Promise<number>;
}

export interface AuditFilter {
  readonly tenant?: string;
  readonly tenantUid?: string;
  readonly actorToken?: string;
  readonly actorName?: string;
  readonly objectUid?: string;
  readonly objectName?: string;
  readonly mutation?: string;
  readonly outcome?: AuditRecord['outcome'];
  /** Milliseconds since the epoch: from then on, and before then. */
  readonly from?: number;
  readonly to?: number;
}

/** Only grows: nothing of it can be changed or removed by the app. */
export interface AuditLog {
  append(records: readonly AuditRecord[]): Promise<void>;
  /** In order of uid, which is order of time. */
  find(filter: AuditFilter, page: Page): Promise<AuditRecord[]>;
}

export interface Repositories {
  readonly tenants: Repository<TenantRecord>;
  readonly tokens: Repository<TokenRecord>;
  readonly uploads: Repository<UploadRecord>;
  readonly cartridges: Repository<CartridgeRecord>;
  readonly policies: Repository<PolicyRecord>;
  readonly applications: Repository<ApplicationRecord>;
  readonly clusters: Repository<ClusterRecord>;
  readonly sources: Repository<SourceRecord>;
  readonly builds: Repository<BuildRecord>;
  readonly artifacts: Repository<ArtifactRecord>;
  readonly releases: Repository<ReleaseRecord>;
  readonly rollouts: Repository<RolloutRecord>;
  readonly metadata: Repository<MetadataRecord>;
  readonly configurations: Repository<ConfigurationRecord>;
  readonly secretVersions: Repository<SecretVersionRecord>;
  readonly credentials: Repository<CredentialRecord>;
  readonly certificates: Repository<CertificateRecord>;
  readonly hostClusters: Repository<HostClusterRecord>;
  readonly webhooks: Repository<WebhookRecord>;
  readonly deliveries: Repository<DeliveryRecord>;
  readonly notices: Repository<NoticeRecord>;
  readonly noticeProgress: Repository<NoticeProgressRecord>;
  readonly tasks: Repository<TaskRecord>;
  readonly instances: Repository<InstanceRecord>;
  readonly decisions: Repository<DecisionRecord>;
  readonly endedSessions: Repository<EndedSessionRecord>;
  readonly settings: Repository<SettingRecord>;
  readonly history: Repository<HistoryBlockRecord>;
  readonly usage: Repository<UsageRecord>;
  readonly meters: Repository<MeterRecord>;
  readonly events: EventLog;
  readonly audit: AuditLog;
}

export interface Transaction extends Repositories {
  /**
   * Stores the answer to the idempotent work that this transaction belongs to, together with what it changes; without effect
   * outside of such work. The answer has to survive JSON.
   */
  answer(result: unknown): Promise<void>;
}

/** What was answered, and a digest of what was asked for. */
export interface Answered<T> {
  readonly asked: string;
  readonly result: T;
}

export interface Question {
  /** Whose keys these are. */
  readonly scope: string;
  readonly key: string;
  readonly asked: string;
}

export interface Store extends Repositories {
  /**
   * Runs `work` in one transaction: all of it or nothing. Retried a bounded number of times while the database is busy,
   * so `work` must be free of effects outside the store. Throws `StoreUnavailable` when that did not help.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * Stores what was observed of an instance and the events that tell of it: all of it or nothing. What was observed can be
   * observed again, so it is stored together with its neighbours and outlives the program, not a power cut.
   */
  observe(instance: InstanceRecord, events: readonly NewEvent[]): Promise<void>;
  /**
   * Takes over as the one holder: raises and returns the fencing number, which is higher than every one before it and at
   * least the seconds of the clock. Writes of an earlier holder are refused from then on.
   */
  acquireLease(holder: string): Promise<number>;
  /** The current fencing number, checked before each write to a provider. */
  currentFence(): Promise<number>;
  /**
   * The answer to a mutation by its idempotency key (kept for a day); works on it where there is none. What `work` answers is
   * stored by its transaction ({@link Transaction.answer}), so that no crash comes between the change and its answer, or else
   * afterwards. Nothing is kept when `work` throws.
   */
  idempotent<T>(question: Question, work: () => Promise<T>): Promise<Answered<T>>;
  /**
   * Removes all that is recorded of a tenant, tokens and events included: who gets its name later must find nothing of it.
   * Not the tenant's own record, and not the audit records, which are by its uid. In small transactions; can be done again.
   */
  forgetTenant(name: string): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
