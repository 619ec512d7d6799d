/** Reads. They observe and never change anything. */
import { isOperator, narrowed, requireRole, tenantOf } from '../access.ts';
import { createAuditQueries } from '../audit/query.ts';
import { createConfigurationQueries } from '../configuration/queries.ts';
import { createCertificateQueries } from '../certificates/certificates.ts';
import { createCredentialQueries } from '../credentials/credentials.ts';
import { createHostClusterQueries } from '../host-clusters/ask.ts';
import type { HostClusters } from '../host-clusters/host-clusters.ts';
import { createNoticeQueries } from '../notices/mutations.ts';
import type { Notices } from '../notices/notices.ts';
import { createWebhookQueries } from '../webhooks/webhooks.ts';
import { RequestError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { inFlightOf, totalInFlight } from '../fleet/in-flight.ts';
import { inUrl } from '../hosts.ts';
import type { EventRecorder } from '../events.ts';
import type { Drains } from '../drains/drains.ts';
import { createBacktestQueries } from '../backtests/ask.ts';
import type { Backtests } from '../backtests/backtests.ts';
import { createPlacementQueries } from '../placement/ask.ts';
import type { HostPlaces } from '../placement/host-places.ts';
import { createPlatformQueries, type PlatformAskingOptions } from '../platform/ask.ts';
import type { Placer } from '../placement/placer.ts';
import type { ApplicationLogs } from '../ports/logs.ts';
import type { Provider } from '../ports/provider.ts';
import type { Runtimes } from '../ports/runtimes.ts';
import type { Page, Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord, PolicyRecord } from '../records/applications.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { Vault } from '../ports/vault.ts';
import type { Queries } from '../use-cases.ts';
import { explain } from '../../domain/autoscaling/explain.ts';
import { leastUid } from '../../../schema/ids.ts';
import { replay } from '../../domain/autoscaling/replay.ts';
import { MOST_POINTS, type HistoryReader } from '../history/read.ts';
import type { TokenRenewal } from '../token-renewal.ts';
import { usageUid } from '../metering/meter.ts';
import type { GitPoller } from '../deploy/git-poller.ts';
import type { Freeze } from '../reconcile/freeze.ts';
import { createMetadataQueries } from '../metadata/ask.ts';
import { createReleaseQueries } from '../releases/compare.ts';
import type { RepositoryQueries } from '../repositories/use-cases.ts';
import { createSteeringQueries, type SteeringOptions } from '../steering/preview.ts';
import { createTaskQueries } from '../tasks/ask.ts';
import type { Quotas } from '../tenants/quotas.ts';
import { readLifecycle } from './lifecycle.ts';
import { clusterLive, instanceAgent, instanceLive } from './live.ts';
import { requireApplication, seenApplication, seenOfCluster, seenPart } from './scope.ts';
import { checkedFilter, readLines } from './logs.ts';

export interface QueriesOptions {
  readonly store: Store;
  readonly vault: Pick<Vault, 'has'>;
  readonly fleet: Fleet;
  readonly events: EventRecorder;
  readonly logs: ApplicationLogs;
  readonly history: HistoryReader;
  readonly quotas: Pick<Quotas, 'use' | 'left' | 'checkInstances'>;
  readonly freeze: Pick<Freeze, 'current'>;
  readonly poller: Pick<GitPoller, 'check'>;
  readonly repositories: RepositoryQueries;
  readonly tokenRenewal: Pick<TokenRenewal, 'state'>;
  readonly drains: Pick<Drains, 'status'>;
  readonly notices: Pick<Notices, 'status'>;
  readonly hostClusters: Pick<HostClusters, 'status' | 'changed'>;
  readonly preview: SteeringOptions['preview'];
  readonly placer: Pick<Placer, 'places' | 'partitionOf'>;
  readonly hosts: Pick<HostPlaces, 'isLost'>;
  readonly runtimes: Runtimes;
  readonly backtests: Backtests;
  /** Under which the control plane is reached from outside; null where nobody said. */
  readonly publicUrl: string | null;
  readonly provider: Pick<Provider, 'addressOf'>;
  /** Host under which load balancers are reached, where the provider has no address for them. */
  readonly publicHost: string;
  readonly now: () => number;
  readonly platform: PlatformAskingOptions;
}

/** Instances of one decision that are told. */
const MOST_INSTANCES = 200;

export function createQueries(options: QueriesOptions): Queries {
  const { store, fleet, events, logs, now } = options;
  const least = 'viewer';
  const owned = (principal: Principal, cluster: ClusterRecord): { cluster: string } => {
    if (seenPart(principal, cluster) === undefined)
      throw new RequestError('NOT_FOUND', 'there is no such service cluster');
    return { cluster: cluster.uid };
  };
  return {
    ...createAuditQueries(store),
    ...createBacktestQueries(options),
    ...createConfigurationQueries(options),
    ...createCertificateQueries(options),
    ...createCredentialQueries(options),
    ...createWebhookQueries(options),
    ...createNoticeQueries(options),
    ...createHostClusterQueries(options),
    ...createPlacementQueries(options),
    ...createReleaseQueries(options),
    ...createSteeringQueries(options),
    ...createPlatformQueries(options.platform),
    ...createTaskQueries(options),
    ...createMetadataQueries(options),
    async tenants(principal) {
      if (isOperator(principal)) return store.tenants.find({});
      return store.tenants.find({ name: tenantOf(principal, undefined, least) });
    },
    async tenantUse(principal, named) {
      const tenant = tenantOf(principal, named, least);
      const running = await store.builds.find({ tenant, state: 'running' });
      return { ...options.quotas.use(tenant), buildsAtOnce: running.length, logBytes: await logs.bytes(tenant) };
    },
    async freeze(principal) {
      requireRole(principal, least);
      return options.freeze.current();
    },
    async instanceTokens(principal) {
      requireRole(principal, 'operator');
      return options.tokenRenewal.state;
    },
    async tokens(principal, tenant) {
      return store.tokens.find(narrowed(principal, tenant, 'admin'));
    },
    cartridges: (principal) => {
      requireRole(principal, least);
      return store.cartridges.find({});
    },
    async unusable(principal, { manifest }) {
      requireRole(principal, least);
      return (await options.runtimes.whyUnusable(manifest)) ?? null;
    },
    async policies(principal, tenant) {
      const owner = tenantOf(principal, tenant, least);
      const policies = await store.policies.find({ tenant: owner });
      const { application } = narrowed(principal, tenant, least);
      if (application === undefined) return policies;
      return policiesOf(fleet.application(owner, application), policies);
    },
    async applications(principal, tenant, page) {
      const { application } = narrowed(principal, tenant, least);
      const filter = { tenant: tenantOf(principal, tenant, least), ...(application && { name: application }) };
      return store.applications.find(filter, page);
    },
    async application(principal, tenant, name) {
      const found = seenApplication(principal, fleet.application(tenantOf(principal, tenant, least), name));
      // In memory a blocked application may have something else in place of its manifest.
      return found !== undefined && fleet.blocked.has(found.uid) ? store.applications.get(found.uid) : found;
    },
    async blocked(principal, part) {
      const [seen, uid] =
        'applicationUid' in part
          ? [seenPart(principal, part), part.applicationUid]
          : [seenApplication(principal, part), part.uid];
      return (seen && fleet.blocked.get(uid)) ?? null;
    },
    async applicationUrl(principal, application) {
      if (seenApplication(principal, application) === undefined) return null;
      const balancer = fleet.balancersOf(application.uid)[0];
      const address = balancer && (await options.provider.addressOf?.(balancer.record.uid));
      if (address !== undefined) return address;
      const port = balancer?.record.publicPort;
      return port === null || port === undefined ? null : `http://${inUrl(options.publicHost)}:${port}/`;
    },
    async clusters(principal, application) {
      return seenApplication(principal, application) === undefined
        ? []
        : fleet.clustersOf(application.uid).map((cluster) => cluster.record);
    },
    async cluster(principal, ref) {
      const named = fleet.application(tenantOf(principal, ref.tenant, least), ref.application);
      const application = seenApplication(principal, named);
      if (application === undefined) return undefined;
      return fleet.clustersOf(application.uid).find((cluster) => cluster.record.alias === ref.alias)?.record;
    },
    clusterLive(principal, record) {
      const cluster = fleet.cluster(record.uid);
      if (cluster === undefined || seenPart(principal, record) === undefined)
        throw new RequestError('NOT_FOUND', 'there is no such service cluster');
      return clusterLive(cluster, now());
    },
    gitSource(principal, record) {
      const cluster = fleet.cluster(owned(principal, record).cluster);
      const git = cluster?.plan.component?.source?.git;
      if (cluster === undefined || git === undefined) return null;
      return { url: git.url, update: git.update, ...options.poller.check(cluster) };
    },
    checkRepository: (principal, question) => options.repositories.checkRepository(principal, question),
    routes(principal, record) {
      const cluster = fleet.cluster(owned(principal, record).cluster);
      return cluster === undefined || record.deletingSince !== null ? [] : cluster.plan.routes;
    },
    async instances(principal, record, { includeTerminated, page }) {
      const filter = owned(principal, record);
      const cluster = fleet.cluster(record.uid);
      if (includeTerminated || cluster === undefined) return store.instances.find(filter, page);
      const after = page.after;
      const all = cluster.live().map((instance) => instance.record);
      const ordered = page.newestFirst === true ? all.reverse() : all;
      const start =
        after === undefined
          ? ordered
          : ordered.filter(({ uid }) => (page.newestFirst === true ? uid < after : uid > after));
      return start.slice(0, page.limit ?? start.length);
    },
    async instance(principal, uid) {
      return seenPart(principal, fleet.instance(uid)?.record ?? (await store.instances.get(uid)));
    },
    instanceLive(principal, record) {
      const cluster = fleet.clusterOfInstance(record.uid);
      const instance = fleet.instance(record.uid);
      if (cluster === undefined || instance === undefined || seenPart(principal, record) === undefined) {
        return {
          instance: record.uid,
          sampleAgeSeconds: null,
          loadAverage: null,
          memory: null,
          memoryBytes: null,
          cpuCores: null,
          cpuThrottled: null,
          requestsInFlight: null,
          clockSkewSeconds: null,
        };
      }
      const shares = inFlightOf(fleet, cluster.record.applicationUid).get(instance.record.uid);
      return instanceLive(instance, totalInFlight(shares), now());
    },
    instanceAgent(principal, record) {
      const instance = fleet.instance(record.uid);
      return instance === undefined || seenPart(principal, record) === undefined ? null : instanceAgent(instance);
    },
    async decisions(principal, cluster, { actionsOnly, from, to, page }) {
      const filter = { ...owned(principal, cluster), ...(actionsOnly ? { acted: true } : {}) };
      // Uids are in order of time: the bounds of the time are positions in that order.
      const first = from === undefined ? undefined : leastUid(from);
      const end = to === undefined ? undefined : leastUid(to);
      const records = await store.decisions.find(filter, { ...page, ...positionIn(page, first, end) });
      return records.filter(({ uid }) => (first === undefined || uid >= first) && (end === undefined || uid < end));
    },
    decision: async (principal, uid) => seenOfCluster(fleet, principal, await store.decisions.get(uid)),
    async instancesOfDecision(principal, decision) {
      const { cluster, uid, acted, from, to } = decision;
      if (!acted || to <= from || seenOfCluster(fleet, principal, decision) === undefined) return [];
      return store.instances.find({ cluster, cause: uid }, { limit: MOST_INSTANCES });
    },
    async history(principal, record, question) {
      const { from, to, points } = question;
      const cluster = fleet.cluster(owned(principal, record).cluster);
      if (cluster === undefined) throw new RequestError('NOT_FOUND', 'there is no such service cluster');
      if (!(from < to)) throw new RequestError('INVALID', 'from: expected a time before to', { field: 'from' });
      if (points !== undefined && !(Number.isInteger(points) && points >= 1 && points <= MOST_POINTS))
        throw new RequestError('INVALID', `points: expected 1 to ${MOST_POINTS}`, { field: 'points' });
      return options.history(cluster, { ...question, now: now() });
    },
    async lifecycle(principal, instance) {
      if (seenPart(principal, instance) === undefined) throw new RequestError('NOT_FOUND', 'there is no such instance');
      return readLifecycle(events, instance, now());
    },
    async usage(principal, { tenant, application, from, to, page }) {
      const filter = narrowed(principal, tenant, least, application);
      // Uids are in order of time: the bounds of the time are positions in that order.
      const [first, end] = [usageUid(from), usageUid(to)];
      const { after, newestFirst } = page;
      const position = newestFirst === true ? earlier(after, end) : later(after, first);
      const records = await store.usage.find(filter, { ...page, after: position });
      return records.filter(({ uid }) => uid > first && uid < end);
    },
    async replayDecision(principal, uid) {
      const record = seenOfCluster(fleet, principal, await store.decisions.get(uid));
      if (record === undefined) throw new RequestError('NOT_FOUND', `there is no decision ${uid}`);
      if (record.input === null)
        throw new RequestError(
          'INVALID',
          `decision ${uid} holds no inputs: only actions and the last of each run of non-actions keep them`,
        );
      const { decision, same, difference } = replay(record.input, record.decision);
      return { record, sentence: explain(decision, record.input), same, difference };
    },
    releases: async (principal, cluster, page) => store.releases.find(owned(principal, cluster), page),
    release: async (principal, uid) => seenOfCluster(fleet, principal, await store.releases.get(uid)),
    rollouts: async (principal, cluster, page) => store.rollouts.find(owned(principal, cluster), page),
    build: async (principal, uid) => seenOfCluster(fleet, principal, await store.builds.get(uid)),
    builds: async (principal, cluster, page) => store.builds.find(owned(principal, cluster), page),
    source: async (principal, uid) => seenOfCluster(fleet, principal, await store.sources.get(uid)),
    async events(principal, options) {
      const { tenant, application, subjectUid, types, limit } = options;
      const filter = {
        ...narrowed(principal, tenant, least, application),
        ...(subjectUid === undefined ? {} : { subjectUid }),
        ...(types === undefined ? {} : { types }),
      };
      return 'newest' in options
        ? events.newest(filter, limit, options.before)
        : events.after(options.after, filter, limit);
    },
    async logs(principal, ref, options) {
      const application = requireApplication(fleet, principal, ref.tenant, ref.application, least);
      return readLines(logs, application, options);
    },
    async drains(principal, application) {
      return seenApplication(principal, application) === undefined ? [] : options.drains.status(application);
    },
    async searchLogs(principal, ref, query) {
      const application = requireApplication(fleet, principal, ref.tenant, ref.application, least);
      return logs.search(application, { ...query, filter: checkedFilter(query.filter) });
    },
  };
}

/** Of a tenant's policies those that an application's components name. */
function policiesOf(application: ApplicationRecord | undefined, policies: readonly PolicyRecord[]): PolicyRecord[] {
  const components = application?.manifest.spec.components ?? [];
  return policies.filter(({ kind, name }) =>
    components.some(
      (component) =>
        component.kind === 'cartridge' &&
        (kind === 'AutoscalingPolicy' ? component.autoscaling : component.deployment) === name,
    ),
  );
}

/** Where a page begins that is to lie between two positions. */
function positionIn(
  { after, newestFirst }: Page,
  first: string | undefined,
  end: string | undefined,
): Pick<Page, 'after'> {
  const position = newestFirst === true ? earlierOf(after, end) : laterOf(after, first);
  return position === undefined ? {} : { after: position };
}

function laterOf(a: string | undefined, b: string | undefined): string | undefined {
  return b === undefined ? a : later(a, b);
}

function earlierOf(a: string | undefined, b: string | undefined): string | undefined {
  return b === undefined ? a : earlier(a, b);
}

function later(a: string | undefined, b: string): string {
  return a !== undefined && a > b ? a : b;
}

function earlier(a: string | undefined, b: string): string {
  return a !== undefined && a < b ? a : b;
}
