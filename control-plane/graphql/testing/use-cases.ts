/** Use cases in memory: enough of an app to see that GraphQL asks for the right thing and shapes the answer. */
import type { Readable } from 'node:stream';
import { RequestError } from '../../app/errors.ts';
import type { Answered, Page } from '../../app/ports/store.ts';
import { tenantOf } from '../../app/access.ts';
import type { AuditRequest } from '../../app/audit/scope.ts';
import type { Principal } from '../../app/principal.ts';
import type { DecisionRecord } from '../../app/records/decisions.ts';
import type { EventRecord } from '../../app/records/events.ts';
import type { RolloutRecord } from '../../app/records/releases.ts';
import type { BuildRecord } from '../../app/records/sources.ts';
import type { Role } from '../../app/records/tenants.ts';
import type { ClusterSnapshot, FeedItem, Feeds, Mutations, Queries, UseCases } from '../../app/use-cases.ts';
import type { LogPage } from '../../app/ports/logs.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import type { OverviewItem } from '../../app/overview/use-cases.ts';
import type { TaskProgress } from '../../app/tasks/use-cases.ts';
import type { HostCluster, HostClusterList } from '../../app/host-clusters/use-cases.ts';
import type { Session, SessionUseCases } from '../../app/sessions/use-cases.ts';
import type { Backtest } from '../../app/backtests/use-cases.ts';
import { HandFeed } from './feed.ts';
import * as sample from './records.ts';

/** What came in at the app: name and arguments without the principal. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

const PRINCIPALS: Readonly<Record<string, Principal>> = {
  'viewer-token': { token: '01viewer', name: 'viewer', role: 'viewer', tenant: 'acme', application: null },
  'deployer-token': { token: '01deployer', name: 'deployer', role: 'deployer', tenant: 'acme', application: null },
  'admin-token': { token: '01admin', name: 'admin', role: 'admin', tenant: 'acme', application: null },
  'operator-token': { token: '01operator', name: 'operator', role: 'operator', tenant: null, application: null },
};

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function pageOf<T extends { uid: string }>(all: readonly T[], { after, limit, newestFirst }: Page): T[] {
  const ordered = newestFirst === true ? all.toReversed() : [...all];
  const start = after === undefined ? 0 : ordered.findIndex((item) => item.uid === after) + 1;
  return ordered.slice(start, start + (limit ?? ordered.length));
}

export class InMemoryUseCases implements UseCases {
  readonly calls: Call[] = [];
  /** What was to be recorded. */
  readonly audits: AuditRequest[] = [];
  /** Thrown by the use case of that name instead of doing anything. */
  readonly failures = new Map<string, Error>();
  /** The use case of that name answers only when the promise settles. */
  readonly delays = new Map<string, Promise<unknown>>();
  readonly applications = range(5).map(sample.application);
  readonly decisions = range(120).map(sample.decision);
  readonly backtests = new Map([[sample.backtest.uid, sample.backtest]]);
  readonly clusterFeed = new HandFeed<ClusterSnapshot>();
  readonly decisionFeed = new HandFeed<DecisionRecord>();
  readonly eventFeed = new HandFeed<FeedItem<EventRecord>>();
  readonly logFeed = new HandFeed<LogEntry>();
  /** What the next searches find, one after another; then the last one again. */
  readonly logPages: LogPage[] = [sample.logPage([sample.logLine(1)])];
  readonly buildFeed = new HandFeed<{ build: BuildRecord; lines: readonly string[] }>();
  readonly taskFeed = new HandFeed<TaskProgress>();
  readonly backtestFeed = new HandFeed<Backtest>();
  readonly hostClusterFeed = new HandFeed<HostCluster>();
  readonly hostClustersFeed = new HandFeed<HostClusterList>();
  readonly rolloutFeed = new HandFeed<RolloutRecord>();
  readonly overviewFeed = new HandFeed<OverviewItem>();
  readonly #answers = new Map<string, unknown>();
  readonly #tokenFollowers = new Set<{ readonly token: string; readonly onEnd: () => void }>();

  /** Connections whose token is followed. */
  get followedTokens(): number {
    return this.#tokenFollowers.size;
  }

  followToken({ token }: Principal, onEnd: () => void): () => void {
    const follower = { token, onEnd };
    this.#tokenFollowers.add(follower);
    return () => void this.#tokenFollowers.delete(follower);
  }

  /** Those that are shown by their id. */
  readonly openSessions = new Map<string, Session>();
  readonly #sessionFollowers = new Set<{ readonly id: string; readonly onEnd: () => void }>();

  readonly sessions: SessionUseCases = {
    begin: async () => {
      throw new Error('sessions are begun by tests alone here');
    },
    whomBy: async () => undefined,
    find: async (sealed) => this.openSessions.get(sealed),
    follow: ({ id }, onEnd) => {
      const follower = { id, onEnd };
      this.#sessionFollowers.add(follower);
      return () => void this.#sessionFollowers.delete(follower);
    },
    end: async (sealed) => {
      const id = this.openSessions.get(sealed)?.id;
      for (const follower of [...this.#sessionFollowers]) if (follower.id === id) follower.onEnd();
    },
  };

  /** As when the token is revoked. */
  endToken(token: string): void {
    for (const follower of [...this.#tokenFollowers]) if (follower.token === token) follower.onEnd();
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    await this.#called('authenticate');
    return Object.hasOwn(PRINCIPALS, token) ? PRINCIPALS[token] : undefined;
  }

  async audited<T>(_principal: Principal, request: AuditRequest, work: () => Promise<T>): Promise<T> {
    this.audits.push(request);
    return work();
  }

  async idempotent<T>(
    principal: Principal,
    { key, asked }: { readonly key: string; readonly asked: string },
    work: () => Promise<T>,
  ): Promise<Answered<T>> {
    const name = `${principal.token} ${key}`;
    const stored = this.#answers.get(name);
    if (stored !== undefined) return structuredClone(stored) as Answered<T>;
    const answer = { asked, result: await work() };
    this.#answers.set(name, JSON.parse(JSON.stringify(answer)));
    return answer;
  }

  async #called(name: string, ...args: unknown[]): Promise<void> {
    this.calls.push({ name, args });
    await this.delays.get(name);
    const failure = this.failures.get(name);
    if (failure !== undefined) throw failure;
  }

  async #answer<T>(value: T, name: string, ...args: unknown[]): Promise<T> {
    await this.#called(name, ...args);
    return value;
  }

  /** As {@link #answer}, for what takes a role. */
  async #write<T>(principal: Principal, value: T, name: string, ref: object, least: Role = 'deployer'): Promise<T> {
    const tenant = 'tenant' in ref ? (ref.tenant as string | null | undefined) : null;
    tenantOf(principal, tenant, least);
    return this.#answer(value, name, ref);
  }

  readonly queries: Queries = {
    auditRecords: (_principal, { page, ...question }) =>
      this.#answer(pageOf(range(3).map(sample.auditRecord), page), 'auditRecords', question, page),
    tenants: () => this.#answer([sample.tenant], 'tenants'),
    tenantUse: (_principal, tenant) =>
      this.#answer(
        { instances: 7, applications: 2, memoryBytes: 3 * 2 ** 30, buildsAtOnce: 1, logBytes: 5 * 2 ** 20 },
        'tenantUse',
        tenant,
      ),
    freeze: () => this.#answer(sample.freeze, 'freeze'),
    platform: () => sample.platform,
    platformHealth: () => this.#answer(sample.platformHealth, 'platformHealth'),
    instanceTokens: () => this.#answer(sample.instanceTokens, 'instanceTokens'),
    tokens: (_principal, tenant) => this.#answer([sample.token], 'tokens', tenant),
    cartridges: () => this.#answer([sample.cartridge], 'cartridges'),
    unusable: (_principal, { name }) => this.#answer(sample.unusable, 'unusable', name),
    policies: (_principal, tenant) => this.#answer([sample.policy], 'policies', tenant),
    applications: (principal, tenant, page) => {
      tenantOf(principal, tenant, 'viewer');
      return this.#answer(pageOf(this.applications, page), 'applications', tenant, page);
    },
    application: (_principal, tenant, name) =>
      this.#answer(
        this.applications.find((item) => item.name === name),
        'application',
        tenant,
        name,
      ),
    blocked: (_principal, { uid }) => this.#answer(sample.blocked, 'blocked', uid),
    applicationUrl: (_principal, { name }) => this.#answer(`http://127.0.0.1:8080/${name}`, 'applicationUrl', name),
    clusters: (_principal, { name }) => this.#answer([sample.cluster(Number(name.slice(5)))], 'clusters', name),
    cluster: (_principal, ref) =>
      this.#answer(ref.alias === 'web' ? sample.cluster(Number(ref.application.slice(5))) : undefined, 'cluster', ref),
    checkRepository: (_principal, question) => this.#answer(sample.repositoryCheck, 'checkRepository', question),
    gitSource: () => sample.checkedSource,
    routes: () => sample.routes,
    clusterLive: (_principal, { uid }) => ({ ...sample.clusterLive, cluster: uid }),
    instances: (_principal, { uid }, { includeTerminated, page }) =>
      this.#answer(pageOf(range(3).map(sample.instance), page), 'instances', uid, includeTerminated, page),
    instance: (_principal, uid) =>
      this.#answer(
        range(3)
          .map(sample.instance)
          .find((item) => item.uid === uid),
        'instance',
        uid,
      ),
    placementPlan: (_principal, { uid }, instances) =>
      this.#answer(sample.placementPlan, 'placementPlan', uid, instances),
    releaseDifference: (_principal, { uid }, other) =>
      this.#answer(sample.releaseDifference, 'releaseDifference', uid, other),
    steeringPreview: (_principal, ref, action) => this.#answer(sample.steeringPreview, 'steeringPreview', ref, action),
    instanceObservation: () => sample.instanceObservation,
    instanceAgent: () => sample.instanceAgent,
    instanceLive: (_principal, { uid }) => ({ ...sample.instanceLive, instance: uid }),
    decisions: (_principal, { uid }, { actionsOnly, page }) =>
      this.#answer(
        pageOf(
          this.decisions.filter((item) => item.acted || !actionsOnly),
          page,
        ),
        'decisions',
        uid,
        actionsOnly,
        page,
      ),
    decision: (_principal, uid) =>
      this.#answer(
        this.decisions.find((item) => item.uid === uid),
        'decision',
        uid,
      ),
    instancesOfDecision: (_principal, { uid }) => this.#answer([sample.instance(1)], 'instancesOfDecision', uid),
    history: (_principal, { uid }, question) => this.#answer(sample.history, 'history', uid, question),
    lifecycle: (_principal, { uid }) => this.#answer(sample.lifecycle, 'lifecycle', uid),
    usage: (_principal, { page, ...options }) =>
      this.#answer(pageOf(range(3).map(sample.usage), page), 'usage', options, page),
    replayDecision: (_principal, uid) =>
      this.#answer(
        { record: sample.decision(1), sentence: 'from 2 to 3 instances', same: false, difference: 'to: 3, was 4' },
        'replayDecision',
        uid,
      ),
    releases: (_principal, { uid }, page) =>
      this.#answer(pageOf(range(2).map(sample.release), page), 'releases', uid, page),
    release: (_principal, uid) =>
      this.#answer(
        range(2)
          .map(sample.release)
          .find((item) => item.uid === uid),
        'release',
        uid,
      ),
    rollouts: (_principal, { uid }, page) =>
      this.#answer(pageOf(range(1).map(sample.rollout), page), 'rollouts', uid, page),
    build: (_principal, uid) => this.#answer(uid === sample.build(1).uid ? sample.build(1) : undefined, 'build', uid),
    builds: (_principal, { uid }, page) => this.#answer(pageOf(range(1).map(sample.build), page), 'builds', uid, page),
    source: (_principal, uid) =>
      this.#answer(
        [sample.gitSource, sample.uploadSource].find((item) => item.uid === uid),
        'source',
        uid,
      ),
    events: (_principal, options) => {
      const all = range(10).map(sample.event);
      const found =
        'newest' in options
          ? all.filter(({ sequence }) => sequence < (options.before ?? Infinity)).slice(-options.limit)
          : all.filter(({ sequence }) => sequence > options.after).slice(0, options.limit);
      return this.#answer(found, 'events', options);
    },
    logs: (_principal, ref, options) => this.#answer([sample.logLine(1)], 'logs', ref, options),
    drains: (_principal, { name }) => this.#answer([sample.drain], 'drains', name),
    searchLogs: (_principal, ref, query) => {
      const page = this.logPages.length > 1 ? this.logPages.shift()! : this.logPages[0]!;
      return this.#answer(page, 'searchLogs', ref, query);
    },
    variables: (_principal, { uid }) => this.#answer(sample.variables, 'variables', uid),
    applicationVariables: (_principal, { uid }) =>
      this.#answer([{ name: 'GREETING', value: 'hello' }], 'applicationVariables', uid),
    secretVersions: (_principal, { uid }) => this.#answer([sample.secretVersion], 'secretVersions', uid),
    hostClusters: () => this.#answer([sample.hostCluster], 'hostClusters'),
    hostCluster: (_principal, name) =>
      this.#answer(name === sample.hostCluster.name ? sample.hostCluster : undefined, 'hostCluster', name),
    notices: (_principal, tenant) => this.#answer([sample.notice], 'notices', tenant),
    webhooks: (_principal, { uid }) => this.#answer([sample.webhook], 'webhooks', uid),
    metadata: (_principal, { uid }) => this.#answer(sample.metadata, 'metadata', uid),
    applicationMetadata: (_principal, { uid }) => this.#answer(sample.metadata, 'applicationMetadata', uid),
    task: (_principal, uid) => this.#answer(uid === sample.task.uid ? sample.task : undefined, 'task', uid),
    backtest: (_principal, uid) => this.#answer(this.backtests.get(uid), 'backtest', uid),
    tasks: (_principal, { uid }, page) => this.#answer(pageOf([sample.task], page), 'tasks', uid, page),
    certificates: (_principal, { uid }) => this.#answer([sample.certificate], 'certificates', uid),
    credentials: (_principal, tenant) => this.#answer([sample.credential], 'credentials', tenant),
  };

  readonly mutations: Mutations = {
    createTenant: (principal, input) =>
      this.#write(principal, { ...sample.tenant, name: input.name }, 'createTenant', input, 'operator'),
    setTenantQuota: (principal, input) => this.#write(principal, sample.tenant, 'setTenantQuota', input, 'operator'),
    deleteTenant: (principal, input) =>
      this.#write(principal, { ...sample.tenant, deletingSince: sample.AT }, 'deleteTenant', input, 'operator'),
    createToken: (principal, input) => {
      const made = { token: sample.BEARER, record: { ...sample.token, revokedAt: null } };
      return this.#write(principal, made, 'createToken', input, 'admin');
    },
    revokeToken: (principal, uid) => this.#write(principal, sample.token, 'revokeToken', { uid }, 'admin'),
    apply: (principal, input) =>
      this.#write(
        principal,
        [
          {
            ...{ kind: 'Application', name: 'shop-1', uid: sample.application(1).uid, result: 'created' as const },
            warnings: ['shop.yaml:9:19: spec.components[0].source.git.branch: it is not there'],
            ...{ before: null, after: input.dryRun === true ? sample.application(1).manifest : null },
          },
        ],
        'apply',
        input,
      ),
    deleteApplication: (principal, ref) =>
      this.#write(principal, { ...sample.application(1), deletingSince: sample.AT }, 'deleteApplication', ref),
    deletePolicy: (principal, ref) => this.#write(principal, sample.policy, 'deletePolicy', ref),
    uploadSource: async (principal, archive: Readable, tenant) => {
      let bytes = 0;
      for await (const chunk of archive) bytes += (chunk as Buffer).byteLength;
      return this.#write(principal, { digest: `sha256-${'ef'.repeat(32)}`, bytes }, 'uploadSource', { tenant });
    },
    deploy: (principal, ref) =>
      this.#write(
        principal,
        { source: sample.gitSource, build: { ...sample.build(1), state: 'queued' as const, error: null } },
        'deploy',
        ref,
      ),
    restart: (principal, ref) => this.#write(principal, sample.rollout(1), 'restart', ref),
    rollback: (principal, ref) => this.#write(principal, sample.rollout(1), 'rollback', ref),
    scale: (principal, ref) => {
      if (ref.alias !== 'web') {
        throw new RequestError('NOT_FOUND', `${ref.application} has no alias ${ref.alias}`, { field: 'ref.alias' });
      }
      return this.#write(principal, sample.cluster(1), 'scale', ref);
    },
    clearOverride: (principal, ref) =>
      this.#write(principal, { ...sample.cluster(1), override: null }, 'clearOverride', ref),
    pause: (principal, ref) => this.#write(principal, sample.cluster(1), 'pause', ref),
    resume: (principal, ref) => this.#write(principal, { ...sample.cluster(1), paused: null }, 'resume', ref),
    stop: (principal, ref) => this.#write(principal, sample.cluster(1), 'stop', ref),
    start: (principal, ref) => this.#write(principal, { ...sample.cluster(1), stopped: null }, 'start', ref),
    setShadow: (principal, ref) =>
      this.#write(principal, { ...sample.cluster(1), shadow: ref.shadow }, 'setShadow', ref),
    freeze: (principal, asked) => this.#write(principal, sample.freeze, 'freeze', asked, 'operator'),
    unfreeze: (principal) => this.#write(principal, sample.freeze, 'unfreeze', {}, 'operator'),
    restartInstance: (principal, uid) => this.#write(principal, sample.instance(1), 'restartInstance', { uid }),
    configure: (principal, ref) => this.#write(principal, sample.configurationChange, 'configure', ref),
    setSecrets: (principal, ref) => this.#write(principal, sample.configurationChange, 'setSecrets', ref),
    unsetSecrets: (principal, ref) => this.#write(principal, sample.configurationChange, 'unsetSecrets', ref),
    setCertificate: (principal, input) =>
      this.#write(principal, { ...sample.certificate, warnings: ['chain: a warning'] }, 'setCertificate', input),
    deleteCertificate: (principal, ref) => this.#write(principal, sample.certificate, 'deleteCertificate', ref),
    setCredential: (principal, input) => this.#write(principal, sample.credential, 'setCredential', input),
    deleteCredential: (principal, ref) => this.#write(principal, sample.credential, 'deleteCredential', ref),
    registerHostCluster: (principal, input) =>
      this.#write(principal, sample.hostCluster, 'registerHostCluster', input, 'operator'),
    rotateHostCluster: (principal, input) =>
      this.#write(principal, sample.hostCluster, 'rotateHostCluster', input, 'operator'),
    probeHostCluster: (principal, input) =>
      this.#write(principal, sample.hostCluster, 'probeHostCluster', input, 'operator'),
    drainHostCluster: (principal, input) =>
      this.#write(principal, sample.hostCluster, 'drainHostCluster', input, 'operator'),
    undrainHostCluster: (principal, input) =>
      this.#write(principal, { ...sample.hostCluster, drainingSince: null }, 'undrainHostCluster', input, 'operator'),
    removeHostCluster: (principal, input) =>
      this.#write(principal, sample.hostCluster, 'removeHostCluster', input, 'operator'),
    createNotice: (principal, input) =>
      this.#write(
        principal,
        { notice: sample.notice, secret: sample.webhookWithSecret.secret },
        'createNotice',
        input,
        'admin',
      ),
    testNotice: (principal, uid) => this.#write(principal, sample.noticeTest, 'testNotice', { uid }, 'admin'),
    rotateNotice: (principal, input) =>
      this.#write(
        principal,
        { notice: sample.notice, secret: sample.webhookWithSecret.secret },
        'rotateNotice',
        input,
        'admin',
      ),
    enableNotice: (principal, uid) => this.#write(principal, sample.notice, 'enableNotice', { uid }, 'admin'),
    deleteNotice: (principal, uid) => this.#write(principal, sample.notice, 'deleteNotice', { uid }, 'admin'),
    createSignInLink: (principal, input) =>
      this.#write(principal, sample.signInLink, 'createSignInLink', input, 'viewer'),
    createWebhook: (principal, ref) => this.#write(principal, sample.webhookWithSecret, 'createWebhook', ref),
    rotateWebhook: (principal, ref) => this.#write(principal, sample.webhookWithSecret, 'rotateWebhook', ref),
    deleteWebhook: (principal, ref) => this.#write(principal, sample.webhook, 'deleteWebhook', ref),
    setMetadata: (principal, ref) => this.#write(principal, sample.metadata, 'setMetadata', ref),
    backtestPolicy: (principal, ref) => this.#write(principal, sample.backtest, 'backtestPolicy', ref, 'viewer'),
    cancelBacktest: (principal, uid) => this.#write(principal, sample.backtest, 'cancelBacktest', { uid }, 'viewer'),
    runTask: (principal, ref) => this.#write(principal, sample.task, 'runTask', ref),
    stopTask: (principal, uid) => this.#write(principal, sample.task, 'stopTask', { uid }),
    revokeSecret: (principal, ref) => this.#write(principal, sample.configurationChange, 'revokeSecret', ref),
  };

  readonly feeds: Feeds = {
    cluster: (_principal, ref, signal) => this.#feed(this.clusterFeed, signal, 'feeds.cluster', ref),
    decisions: (_principal, ref, options, signal) =>
      this.#feed(this.decisionFeed, signal, 'feeds.decisions', ref, options),
    events: (_principal, options, signal) => this.#feed(this.eventFeed, signal, 'feeds.events', options),
    logs: (_principal, ref, options, signal) => this.#feed(this.logFeed, signal, 'feeds.logs', ref, options),
    build: (_principal, uid, signal) => this.#feed(this.buildFeed, signal, 'feeds.build', uid),
    hostClusters: (_principal, signal) => this.#feed(this.hostClustersFeed, signal, 'feeds.hostClusters'),
    hostCluster: (_principal, name, signal) => this.#feed(this.hostClusterFeed, signal, 'feeds.hostCluster', name),
    task: (_principal, uid, options, signal) => this.#feed(this.taskFeed, signal, 'feeds.task', uid, options),
    backtest: (_principal, uid, signal) => this.#feed(this.backtestFeed, signal, 'feeds.backtest', uid),
    rollout: (_principal, ref, signal) => this.#feed(this.rolloutFeed, signal, 'feeds.rollout', ref),
    overview: (_principal, scope, signal) => this.#feed(this.overviewFeed, signal, 'feeds.overview', scope),
  };

  #feed<T>(feed: HandFeed<T>, signal: AbortSignal, name: string, ...args: unknown[]): AsyncIterable<T> {
    this.calls.push({ name, args });
    const failure = this.failures.get(name);
    if (failure !== undefined) throw failure;
    return feed.open(signal);
  }
}
