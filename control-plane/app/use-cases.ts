/**
 * What people and programs can ask of the control plane. GraphQL is a thin layer over this; nothing else reaches the app.
 *
 * Reads observe and never change anything. Writes are idempotent, checked against the caller's tenant, and throw
 * `RequestError` with a stable code.
 */
import type { Readable } from 'node:stream';
import type { Forecast } from '../domain/autoscaling/decision.ts';
import type { Lifecycle } from '../domain/topology/lifecycle.ts';
import type { History } from './history/read.ts';
import type { ConfigurationMutations, ConfigurationQueries } from './configuration/use-cases.ts';
import type { CredentialMutations, CredentialQueries } from './credentials/use-cases.ts';
import type { Principal } from './principal.ts';
import type { LogEntry, LogLine } from '../domain/logs/entry.ts';
import type { DrainStatus } from './drains/drain-runner.ts';
import type { LogFilter, LogPage, LogQuery } from './ports/logs.ts';
import type { Answered, Page } from './ports/store.ts';
import type {
  ApplicationRecord,
  BuildRecord,
  CartridgeRecord,
  ClusterRecord,
  DecisionRecord,
  EventRecord,
  InstanceRecord,
  PolicyRecord,
  ReleaseRecord,
  Role,
  RolloutRecord,
  SourceRecord,
  TenantQuota,
  TenantRecord,
  TokenRecord,
  UsageRecord,
} from './records.ts';

export interface ClusterRef {
  readonly tenant?: string | null;
  readonly application: string;
  readonly alias: string;
}

/** Live figures of one instance, from its last samples. Null where nothing has been reported. */
export interface InstanceLive {
  readonly instance: string;
  readonly sampleAgeSeconds: number | null;
  readonly loadAverage: number | null;
  readonly memory: number | null;
  readonly memoryBytes: number | null;
  readonly requestsInFlight: number | null;
  readonly clockSkewSeconds: number | null;
}

/** Live figures of one service cluster: the last second and the forecast of each factor. */
export interface ClusterLive {
  readonly cluster: string;
  readonly at: number;
  readonly wanted: number;
  readonly active: number;
  readonly starting: number;
  readonly faulty: number;
  readonly throughputPerSecond: number | null;
  readonly throttledPerSecond: number | null;
  readonly queued: number;
  readonly horizonSeconds: number;
  readonly factors: readonly {
    readonly name: string;
    readonly target: number;
    readonly observed: number | null;
    readonly capacity: number;
    readonly forecast: Forecast | null;
  }[];
}

export interface AppliedObject {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly result: 'created' | 'changed' | 'unchanged';
}

/** Whose log. */
interface LogRef {
  readonly tenant?: string | null;
  readonly application: string;
}

/** A log-like feed either yields an item or says that items before it are lost. */
export type FeedItem<T> =
  { readonly kind: 'item'; readonly item: T } | { readonly kind: 'gap'; readonly after: number; readonly next: number };

interface Deployment {
  readonly source: SourceRecord;
  readonly build: BuildRecord;
}

/** What a subscriber to a service cluster sees: first the present state, then each change. */
export interface ClusterSnapshot {
  readonly cluster: ClusterRecord;
  readonly live: ClusterLive;
  readonly instances: readonly { readonly record: InstanceRecord; readonly live: InstanceLive }[];
  readonly rollout: RolloutRecord | null;
}

export interface Queries extends ConfigurationQueries, CredentialQueries {
  tenants(principal: Principal): Promise<TenantRecord[]>;
  /** What a tenant uses of its quota, in the units of the quota. */
  tenantUse(principal: Principal, tenant: string): Promise<TenantQuota>;
  tokens(principal: Principal, tenant?: string | null): Promise<TokenRecord[]>;
  cartridges(principal: Principal): Promise<CartridgeRecord[]>;
  policies(principal: Principal, tenant?: string | null): Promise<PolicyRecord[]>;
  applications(principal: Principal, tenant: string | null | undefined, page: Page): Promise<ApplicationRecord[]>;
  application(
    principal: Principal,
    tenant: string | null | undefined,
    name: string,
  ): Promise<ApplicationRecord | undefined>;
  /** URL at which the application's load balancer is reached; null while it has none. */
  applicationUrl(principal: Principal, application: ApplicationRecord): Promise<string | null>;
  clusters(principal: Principal, application: ApplicationRecord): Promise<ClusterRecord[]>;
  cluster(principal: Principal, ref: ClusterRef): Promise<ClusterRecord | undefined>;
  clusterLive(principal: Principal, cluster: ClusterRecord): ClusterLive;
  instances(
    principal: Principal,
    cluster: ClusterRecord,
    options: { includeTerminated: boolean; page: Page },
  ): Promise<InstanceRecord[]>;
  instance(principal: Principal, uid: string): Promise<InstanceRecord | undefined>;
  instanceLive(principal: Principal, instance: InstanceRecord): InstanceLive;
  decisions(
    principal: Principal,
    cluster: ClusterRecord,
    options: { actionsOnly: boolean; page: Page },
  ): Promise<DecisionRecord[]>;
  decision(principal: Principal, uid: string): Promise<DecisionRecord | undefined>;
  /** What its demand and its numbers of instances were; at most some two thousand points. Milliseconds since the epoch. */
  history(
    principal: Principal,
    cluster: ClusterRecord,
    question: { readonly from: number; readonly to: number; readonly stepSeconds: number },
  ): Promise<History>;
  /** Every change of an instance's state with its cause, and how long it was up. */
  lifecycle(principal: Principal, instance: InstanceRecord): Promise<Lifecycle>;
  /** Usage by the hour and service cluster, of the hours that begin in [from, to), in order of time. */
  usage(
    principal: Principal,
    options: {
      readonly tenant?: string | null;
      readonly application?: string;
      readonly from: number;
      readonly to: number;
      readonly page: Page;
    },
  ): Promise<UsageRecord[]>;
  /** Computes a stored decision again from its inputs; `same` says whether the result is equal to the bit. */
  replayDecision(
    principal: Principal,
    uid: string,
  ): Promise<{ record: DecisionRecord; sentence: string; same: boolean; difference: string | null }>;
  releases(principal: Principal, cluster: ClusterRecord, page: Page): Promise<ReleaseRecord[]>;
  release(principal: Principal, uid: string): Promise<ReleaseRecord | undefined>;
  rollouts(principal: Principal, cluster: ClusterRecord, page: Page): Promise<RolloutRecord[]>;
  build(principal: Principal, uid: string): Promise<BuildRecord | undefined>;
  builds(principal: Principal, cluster: ClusterRecord, page: Page): Promise<BuildRecord[]>;
  source(principal: Principal, uid: string): Promise<SourceRecord | undefined>;
  /** Oldest first: those after `after`, or the newest ones (before the sequence `before`). */
  events(
    principal: Principal,
    options: {
      tenant?: string | null;
      subjectUid?: string;
      types?: readonly string[];
      limit: number;
    } & ({ after: number } | { newest: true; before?: number }),
  ): Promise<EventRecord[]>;
  /** Lines alone: those behind a sequence, or the last ones. */
  logs(
    principal: Principal,
    ref: LogRef,
    options: { filter: LogFilter; limit: number } & ({ after: number } | { last: number }),
  ): Promise<LogLine[]>;
  /** The drains that it declares, with what became of each; empty for who may not see it. */
  drains(principal: Principal, application: ApplicationRecord): Promise<DrainStatus[]>;
  /** One page of what a filter finds, gaps included; bounded in what it may cost, and says where it ended. */
  searchLogs(principal: Principal, ref: LogRef, query: LogQuery): Promise<LogPage>;
}

export interface NewToken {
  readonly tenant?: string | null;
  readonly name: string;
  readonly role: Role;
  /** Name of the only application that the token is for; all of the tenant's if absent. */
  readonly application?: string | null;
  /** 90 days if absent. */
  readonly expiresInSeconds?: number;
  readonly neverExpires?: boolean;
}

export interface Mutations extends ConfigurationMutations, CredentialMutations {
  createTenant(
    principal: Principal,
    input: { readonly name: string; readonly quota?: Partial<TenantQuota> },
  ): Promise<TenantRecord>;
  /** What `quota` does not say stays as it is. */
  setTenantQuota(
    principal: Principal,
    input: { readonly name: string; readonly quota: Partial<TenantQuota> },
  ): Promise<TenantRecord>;
  /** An empty tenant, or with `cascade` (and its name twice) all that it has. Its tokens end at once. */
  deleteTenant(
    principal: Principal,
    input: { readonly name: string; readonly cascade?: boolean; readonly repeatedName?: string | null },
  ): Promise<TenantRecord>;
  /** The clear text of the token is answered this once. */
  createToken(principal: Principal, input: NewToken): Promise<{ readonly token: string; readonly record: TokenRecord }>;
  revokeToken(principal: Principal, uid: string): Promise<TokenRecord>;
  /** Applies manifests (YAML or JSON, several documents). All of them are checked before any is stored. */
  apply(
    principal: Principal,
    input: {
      manifests: string;
      fileName?: string;
      tenant?: string | null;
      dryRun?: boolean;
      expectedGeneration?: number;
    },
  ): Promise<AppliedObject[]>;
  deleteApplication(
    principal: Principal,
    ref: { tenant?: string | null; name: string; expectedGeneration?: number },
  ): Promise<ApplicationRecord>;
  deletePolicy(
    principal: Principal,
    ref: { tenant?: string | null; kind: PolicyRecord['kind']; name: string; expectedGeneration?: number },
  ): Promise<PolicyRecord>;
  /** Takes an uploaded source tree (gzip-compressed tar), stored by the HTTP endpoint before. */
  uploadSource(
    principal: Principal,
    archive: Readable,
    tenant?: string | null,
  ): Promise<{ digest: string; bytes: number }>;
  /** Builds and rolls out: the uploaded tree, or the present commit of the component's Git source. */
  deploy(principal: Principal, ref: ClusterRef & { uploadDigest?: string }): Promise<Deployment>;
  rollback(principal: Principal, ref: ClusterRef & { releaseNumber: number }): Promise<RolloutRecord>;
  scale(
    principal: Principal,
    ref: ClusterRef & {
      instances: number;
      kind: 'pin' | 'floor';
      reason: string;
      forSeconds?: number;
      expectedGeneration?: number;
    },
  ): Promise<ClusterRecord>;
  clearOverride(principal: Principal, ref: ClusterRef & { expectedGeneration?: number }): Promise<ClusterRecord>;
  pause(
    principal: Principal,
    ref: ClusterRef & { reason: string; expectedGeneration?: number },
  ): Promise<ClusterRecord>;
  resume(principal: Principal, ref: ClusterRef & { expectedGeneration?: number }): Promise<ClusterRecord>;
  setShadow(
    principal: Principal,
    ref: ClusterRef & { shadow: boolean; expectedGeneration?: number },
  ): Promise<ClusterRecord>;
  restartInstance(principal: Principal, uid: string): Promise<InstanceRecord>;
}

/** Every feed ends when `signal` aborts; a slow reader loses the oldest items and is told (`gap`) or gets the newest state. */
export interface Feeds {
  cluster(principal: Principal, ref: ClusterRef, signal: AbortSignal): AsyncIterable<ClusterSnapshot>;
  decisions(
    principal: Principal,
    ref: ClusterRef,
    options: { after?: string },
    signal: AbortSignal,
  ): AsyncIterable<DecisionRecord>;
  events(
    principal: Principal,
    options: { tenant?: string | null; after?: number },
    signal: AbortSignal,
  ): AsyncIterable<FeedItem<EventRecord>>;
  logs(
    principal: Principal,
    ref: LogRef,
    options: { filter: LogFilter; after?: number },
    signal: AbortSignal,
  ): AsyncIterable<LogEntry>;
  /** The build's state and its log from the first line. */
  build(
    principal: Principal,
    uid: string,
    signal: AbortSignal,
  ): AsyncIterable<{ build: BuildRecord; lines: readonly string[] }>;
  rollout(principal: Principal, ref: ClusterRef, signal: AbortSignal): AsyncIterable<RolloutRecord>;
}

export interface UseCases {
  readonly queries: Queries;
  readonly mutations: Mutations;
  readonly feeds: Feeds;
  /** The principal of a bearer token, or `undefined`. */
  authenticate(token: string): Promise<Principal | undefined>;
  /** Calls `onEnd` once when the principal's token has ended (revoked, expired). Returns a function that ends the following. */
  followToken(principal: Principal, onEnd: () => void): () => void;
  /**
   * Runs `work` once per (principal, key); asked again it answers the same, with the digest of what was asked for then.
   */
  idempotent<T>(
    principal: Principal,
    question: { readonly key: string; readonly asked: string },
    work: () => Promise<T>,
  ): Promise<Answered<T>>;
}
