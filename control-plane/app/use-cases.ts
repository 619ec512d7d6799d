/**
 * What people and programs can ask of the control plane. GraphQL is a thin layer over this; nothing else reaches the app.
 *
 * Reads observe and never change anything. Writes are idempotent, checked against the caller's tenant, and throw
 * `RequestError` with a stable code.
 */
import type { Readable } from 'node:stream';
import type { Route } from '../../schema/mqtt/topology.ts';
import type { Forecast } from '../domain/autoscaling/decision.ts';
import type { Lifecycle } from '../domain/topology/lifecycle.ts';
import type { GitSource, SourceCheck } from './deploy/source-checks.ts';
import type { AuditQueries } from './audit/query.ts';
import type { AuditRequest } from './audit/scope.ts';
import type { Blocked } from './fleet/fleet.ts';
import type { History } from './history/read.ts';
import type { BacktestFeeds, BacktestMutations, BacktestQueries } from './backtests/use-cases.ts';
import type { ConfigurationMutations, ConfigurationQueries } from './configuration/use-cases.ts';
import type { CertificateMutations, CertificateQueries } from './certificates/use-cases.ts';
import type { HostClusterFeeds, HostClusterMutations, HostClusterQueries } from './host-clusters/use-cases.ts';
import type { CredentialMutations, CredentialQueries } from './credentials/use-cases.ts';
import type { MetadataMutations, MetadataQueries } from './metadata/use-cases.ts';
import type { NoticeMutations, NoticeQueries } from './notices/use-cases.ts';
import type { OverviewFeeds } from './overview/use-cases.ts';
import type { PlacementQueries } from './placement/use-cases.ts';
import type { PlatformQueries } from './platform/use-cases.ts';
import type { SessionMutations, SessionUseCases } from './sessions/use-cases.ts';
import type { ReleaseQueries } from './releases/use-cases.ts';
import type { RepositoryQueries } from './repositories/use-cases.ts';
import type { SteeringQueries } from './steering/use-cases.ts';
import type { WebhookMutations, WebhookQueries } from './webhooks/use-cases.ts';
import type { TaskFeeds, TaskMutations, TaskQueries } from './tasks/use-cases.ts';
import type { Principal } from './principal.ts';
import type { InstanceTokens } from './token-renewal.ts';
import type { LogEntry, LogLine } from '../domain/logs/entry.ts';
import type { DrainStatus } from './drains/drain-runner.ts';
import type { LogFilter, LogPage, LogQuery } from './ports/logs.ts';
import type { Answered, Page } from './ports/store.ts';
import type { ApplicationRecord, PolicyRecord } from './records/applications.ts';
import type { CartridgeRecord } from './records/cartridges.ts';
import type { ClusterRecord, FreezeRecord } from './records/clusters.ts';
import type { DecisionRecord } from './records/decisions.ts';
import type { EventRecord } from './records/events.ts';
import type { InstanceRecord } from './records/instances.ts';
import type { ReleaseRecord, RolloutRecord } from './records/releases.ts';
import type { BuildRecord, SourceRecord } from './records/sources.ts';
import type { Role, TenantQuota, TenantRecord, TokenRecord } from './records/tenants.ts';
import type { UsageRecord } from './records/usage.ts';

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
  /** CPU that it used, in cores. */
  readonly cpuCores: number | null;
  /** Threads that waited because of its CPU limit, on average. */
  readonly cpuThrottled: number | null;
  readonly requestsInFlight: number | null;
  readonly clockSkewSeconds: number | null;
}

/** What is known of the agent of an instance. */
export interface InstanceAgent {
  readonly version: string;
  /** Uid of its run. */
  readonly session: string;
  readonly connected: boolean;
  /** Milliseconds since the epoch. */
  readonly lastHeardAt: number;
  /** How often it has started the application again in this session. */
  readonly restarts: number;
  /** How far it has brought the artifact of each slot. */
  readonly artifacts: readonly {
    readonly slot: string;
    readonly epoch: number;
    readonly generation: number;
    /** Uid of the release. */
    readonly release: string;
    readonly digest: string;
    readonly phase: string;
    readonly error: { readonly code: string; readonly message: string } | null;
  }[];
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
    readonly base: number;
    readonly observed: number | null;
    readonly capacity: number;
    readonly forecast: Forecast | null;
  }[];
}

/** Where the tree of a component comes from, and whether it can be read. */
export type CheckedGitSource = Pick<GitSource, 'url' | 'update'> & SourceCheck;

export interface AppliedObject {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly result: 'created' | 'changed' | 'unchanged';
  /** What is no error and yet does not work now, such as a branch that is not there: file, line, column, why. */
  readonly warnings: readonly string[];
  /** What is stored, by today's rules, and what would be. Of a dry run; otherwise null, as is the first where nothing is stored. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Whose log. */
interface LogRef {
  readonly tenant?: string | null;
  readonly application: string;
}

/** A log-like feed either yields an item or says that items before it are lost. */
export type FeedItem<T> =
  { readonly kind: 'item'; readonly item: T } | { readonly kind: 'gap'; readonly after: number; readonly next: number };

/** Documents to be applied. */
export interface Manifests {
  readonly manifests: string;
  /** For errors. */
  readonly fileName?: string;
  /** Of the stored object, for a single document; 0: it must not exist. */
  readonly expectedGeneration?: number;
}

export interface Deployment {
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

export interface Queries
  extends
    AuditQueries,
    BacktestQueries,
    ConfigurationQueries,
    CertificateQueries,
    CredentialQueries,
    HostClusterQueries,
    MetadataQueries,
    NoticeQueries,
    PlacementQueries,
    ReleaseQueries,
    RepositoryQueries,
    SteeringQueries,
    PlatformQueries,
    TaskQueries,
    WebhookQueries {
  tenants(principal: Principal): Promise<TenantRecord[]>;
  /** What a tenant uses of its quota, in the units of the quota. */
  tenantUse(principal: Principal, tenant: string): Promise<TenantQuota>;
  /** Why no autoscaling decision is acted on anywhere; null: the platform is not frozen. Everybody may know it. */
  freeze(principal: Principal): Promise<FreezeRecord | null>;
  /** How far running instances have come with tokens of the newest key. For operators. */
  instanceTokens(principal: Principal): Promise<InstanceTokens>;
  tokens(principal: Principal, tenant?: string | null): Promise<TokenRecord[]>;
  cartridges(principal: Principal): Promise<CartridgeRecord[]>;
  /** Why no instance of a cartridge can run here; null when one can. */
  unusable(principal: Principal, cartridge: CartridgeRecord): Promise<string | null>;
  policies(principal: Principal, tenant?: string | null): Promise<PolicyRecord[]>;
  applications(principal: Principal, tenant: string | null | undefined, page: Page): Promise<ApplicationRecord[]>;
  application(
    principal: Principal,
    tenant: string | null | undefined,
    name: string,
  ): Promise<ApplicationRecord | undefined>;
  /** Why nothing of an application, or of one of its service clusters, is begun or ended; null: it is not blocked. */
  blocked(principal: Principal, part: ApplicationRecord | ClusterRecord): Promise<Blocked | null>;
  /** URL at which the application's load balancer is reached; null while it has none. */
  applicationUrl(principal: Principal, application: ApplicationRecord): Promise<string | null>;
  clusters(principal: Principal, application: ApplicationRecord): Promise<ClusterRecord[]>;
  cluster(principal: Principal, ref: ClusterRef): Promise<ClusterRecord | undefined>;
  clusterLive(principal: Principal, cluster: ClusterRecord): ClusterLive;
  /** The Git source of a service cluster, and what the last check of it found; null where it has none. */
  gitSource(principal: Principal, cluster: ClusterRecord): CheckedGitSource | null;
  /** What load balancers send to a service cluster, in the order of its manifest. */
  routes(principal: Principal, cluster: ClusterRecord): readonly Route[];
  instances(
    principal: Principal,
    cluster: ClusterRecord,
    options: { includeTerminated: boolean; page: Page },
  ): Promise<InstanceRecord[]>;
  instance(principal: Principal, uid: string): Promise<InstanceRecord | undefined>;
  instanceLive(principal: Principal, instance: InstanceRecord): InstanceLive;
  /** Null once it has ended, and before its agent was heard by this control plane. */
  instanceAgent(principal: Principal, instance: InstanceRecord): InstanceAgent | null;
  decisions(
    principal: Principal,
    cluster: ClusterRecord,
    options: {
      actionsOnly: boolean;
      /** Those made in [from, to) alone, in milliseconds since the epoch; a run of equal ones is made when it begins. */
      from?: number;
      to?: number;
      page: Page;
    },
  ): Promise<DecisionRecord[]>;
  decision(principal: Principal, uid: string): Promise<DecisionRecord | undefined>;
  /** Instances that were made because of it, oldest first, at most some two hundred. */
  instancesOfDecision(principal: Principal, decision: DecisionRecord): Promise<InstanceRecord[]>;
  /**
   * What its demand and its numbers of instances were; at most `points` points, or some two thousand. Milliseconds since the epoch. What was
   * predicted is not recorded.
   */
  history(
    principal: Principal,
    cluster: ClusterRecord,
    question: { readonly from: number; readonly to: number; readonly stepSeconds: number; readonly points?: number },
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
      /** What happened to it, or within. */
      application?: string | null;
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

export interface Mutations
  extends
    BacktestMutations,
    ConfigurationMutations,
    CertificateMutations,
    CredentialMutations,
    HostClusterMutations,
    MetadataMutations,
    NoticeMutations,
    SessionMutations,
    TaskMutations,
    WebhookMutations {
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
  deploy(
    principal: Principal,
    request: ClusterRef & { uploadDigest?: string; manifests?: Manifests },
  ): Promise<Deployment>;
  /** Without a number: to the release that was live before. */
  rollback(
    principal: Principal,
    ref: ClusterRef & {
      releaseNumber?: number;
      /** The policies that were noted with the release are applied first. */
      withPolicies?: boolean;
    },
  ): Promise<RolloutRecord>;
  /** Starts all instances anew, a few at a time, by a roll-out of their release once more. Throws `RequestError` INVALID, CONFLICT. */
  restart(principal: Principal, ref: ClusterRef & { reason: string }): Promise<RolloutRecord>;
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
  /**
   * Nothing of it runs until it is started. Of one that is stopped nothing changes. Throws `RequestError` INVALID for a load
   * balancer, which answers for what is stopped.
   */
  stop(principal: Principal, ref: ClusterRef & { expectedGeneration?: number; reason: string }): Promise<ClusterRecord>;
  /**
   * As many instances are wanted as when it was stopped, as far as policy and quota allow. Of one that is not stopped nothing
   * changes. Throws `RequestError` QUOTA_EXCEEDED where they allow none.
   */
  start(principal: Principal, ref: ClusterRef & { expectedGeneration?: number }): Promise<ClusterRecord>;
  setShadow(
    principal: Principal,
    ref: ClusterRef & { shadow: boolean; expectedGeneration?: number },
  ): Promise<ClusterRecord>;
  /** Takes the place of a freeze that there is. */
  freeze(principal: Principal, asked: { readonly reason: string; readonly forSeconds?: number }): Promise<FreezeRecord>;
  /** Answers the freeze that was ended; null where there was none. */
  unfreeze(principal: Principal): Promise<FreezeRecord | null>;
  restartInstance(principal: Principal, uid: string): Promise<InstanceRecord>;
}

/** Every feed ends when `signal` aborts; a slow reader loses the oldest items and is told (`gap`) or gets the newest state. */
export interface Feeds extends TaskFeeds, HostClusterFeeds, OverviewFeeds, BacktestFeeds {
  cluster(principal: Principal, ref: ClusterRef, signal: AbortSignal): AsyncIterable<ClusterSnapshot>;
  decisions(
    principal: Principal,
    ref: ClusterRef,
    options: { after?: string },
    signal: AbortSignal,
  ): AsyncIterable<DecisionRecord>;
  events(
    principal: Principal,
    options: { tenant?: string | null; application?: string | null; after?: number },
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
  readonly sessions: SessionUseCases;
  /** Calls `onEnd` once when the principal's token has ended (revoked, expired). Returns a function that ends the following. */
  followToken(principal: Principal, onEnd: () => void): () => void;
  /** Runs what asks for a mutation: whatever becomes of it stands in the audit records. */
  audited<T>(principal: Principal, request: AuditRequest, work: () => Promise<T>): Promise<T>;
  /**
   * Runs `work` once per (principal, key); asked again it answers the same, with the digest of what was asked for then.
   */
  idempotent<T>(
    principal: Principal,
    question: { readonly key: string; readonly asked: string },
    work: () => Promise<T>,
  ): Promise<Answered<T>>;
}
