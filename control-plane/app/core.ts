/**
 * The app as one: ingest, deciding, converging and the use cases, over the ports that it is given. Constructed by the
 * composition root; knows no adapter.
 */
import type { ClusterKey } from '../../schema/mqtt/topics.ts';
import type { Logger } from 'pino';
import { Apply } from './apply/apply.ts';
import { ClusterKeeper, type ClusterKeeperOptions } from './apply/cluster-keeper.ts';
import { authenticate } from './ask/authenticate.ts';
import { createFeeds } from './ask/feeds.ts';
import { createMutations } from './ask/mutations.ts';
import { createQueries } from './ask/queries.ts';
import { platformLines } from '../domain/logs/platform-line.ts';
import { cached } from './cached.ts';
import { Drains } from './drains/drains.ts';
import { GitPoller } from './deploy/git-poller.ts';
import { Pipeline } from './deploy/pipeline.ts';
import { Releases } from './deploy/releases.ts';
import { EventRecorder } from './events.ts';
import { REPORT_INTERVAL_SECONDS, type ClusterState } from './fleet/cluster-state.ts';
import { Fleet } from './fleet/fleet.ts';
import { InstanceJournal } from './fleet/instance-journal.ts';
import { Observer } from './fleet/observer.ts';
import { restore } from './fleet/restore.ts';
import { readHistory } from './history/read.ts';
import { HistoryRecorder } from './history/recorder.ts';
import { HistoryStore } from './history/store.ts';
import { onAck } from './ingest/ack.ts';
import { onArtifact } from './ingest/artifact.ts';
import { onDemand } from './ingest/demand.ts';
import { Ingest } from './ingest/ingest.ts';
import { LogIngest } from './ingest/log.ts';
import { onStats } from './ingest/stats.ts';
import { onStatus } from './ingest/status.ts';
import { Meter } from './metering/meter.ts';
import type { ArtifactStore, BuildFolders, Builder, SourceFetcher } from './ports/artifacts.ts';
import type { BuildLogs } from './ports/build-logs.ts';
import type { Clock, NewUid } from './ports/clock.ts';
import type { DrainPositions, DrainTransports } from './ports/drains.ts';
import type { ApplicationLogs } from './ports/logs.ts';
import type { Messaging } from './ports/messaging.ts';
import type { Metrics } from './ports/metrics.ts';
import type { Provider } from './ports/provider.ts';
import type { Store } from './ports/store.ts';
import type { Vault } from './ports/vault.ts';
import type { TenantQuota } from './records.ts';
import { Publisher } from './publish/publisher.ts';
import { clearingStrays } from './publish/strays.ts';
import { Converge } from './reconcile/converge.ts';
import { Decider } from './reconcile/decider.ts';
import { DecisionJournal } from './reconcile/decision-journal.ts';
import { Instances } from './reconcile/instances.ts';
import { ReconcileLoop } from './reconcile/loop.ts';
import { Removal } from './reconcile/remove.ts';
import { Rollouts } from './reconcile/rollouts.ts';
import { Silence } from './reconcile/silence.ts';
import { NO_QUOTA } from './tenants/quota.ts';
import { Quotas } from './tenants/quotas.ts';
import { TenantRemoval } from './tenants/removal.ts';
import { TokenWatch } from './tenants/token-watch.ts';
import type { UseCases } from './use-cases.ts';

const ROOM_CACHE_MILLISECONDS = 2000;
const QUOTA_CACHE_MILLISECONDS = 5000;
const MEASURED_STARTS = 20;

export interface CoreOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly provider: Provider;
  readonly messaging: Messaging;
  readonly fetcher: SourceFetcher;
  readonly artifacts: ArtifactStore;
  readonly builder: Builder;
  readonly buildLogs: BuildLogs;
  readonly logs: ApplicationLogs;
  readonly drains: { readonly transports: DrainTransports; readonly positions: DrainPositions };
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Fencing number of this holder. */
  readonly fence: number;
  readonly brokers: readonly string[];
  /** Not a part of this process: it delivers while the control plane is away. */
  readonly isBrokerOutside: boolean;
  /** What all instances of a tenant together may log, on average. */
  readonly tenantLogBytesPerSecond: number;
  readonly controlPlaneUrl: string;
  readonly publicHost: string;
  readonly findPublicPort: ClusterKeeperOptions['findPublicPort'];
  readonly gitPollSeconds: number;
  readonly buildFolders: BuildFolders;
  readonly clock: Clock;
  readonly newUid: NewUid;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Core {
  readonly fleet: Fleet;
  readonly useCases: UseCases;
  /** Log lines beyond the tenants' limits since the start. */
  readonly droppedLogLines: number;
  /** Rejects with the reason while the core is not started. */
  ready(): Promise<void>;
  /** Begins to listen, decide and act. */
  start(): Promise<void>;
  /** Stops acting, leaves every instance running, writes what is still in memory. */
  close(): Promise<void>;
}

export function createCore(options: CoreOptions): Core {
  const { store, vault, provider, messaging, metrics, logger, fence, clock, newUid } = options;
  const now = (): number => clock.now();
  const fleet = new Fleet();
  const events = new EventRecorder(store, now, (error, event) =>
    logger.error({ error, event }, 'an event could not be stored'),
  );
  const journal = new InstanceJournal(
    store,
    events,
    clock,
    (error) =>
      logger.warn({ error: (error as Error).message }, 'an instance record could not be stored; it is tried again'),
    (before, after) => {
      const lines = platformLines(before, after, clock.now());
      if (lines.length > 0) options.logs.append({ tenant: after.tenant, name: after.application }, lines);
    },
  );
  const publisher = new Publisher({
    fleet,
    messaging,
    store,
    endpoints: { controlPlane: options.controlPlaneUrl },
    epoch: fence,
    reportIntervalSeconds: REPORT_INTERVAL_SECONDS,
    logger,
  });
  const instances = new Instances({
    store,
    fleet,
    provider,
    publisher,
    journal,
    events,
    fence,
    brokers: options.brokers,
    controlPlane: options.controlPlaneUrl,
    logger,
    now,
    newUid,
  });
  const markDirty = (cluster: ClusterState): void => loop.markDirty(cluster);
  const quotaOf = async (tenant: string): Promise<TenantQuota> =>
    (await store.tenants.find({ name: tenant }))[0]?.quota ?? NO_QUOTA;
  const recentQuotaOf = cached(QUOTA_CACHE_MILLISECONDS, now, quotaOf);
  const quotas = new Quotas({ fleet, quotaOf, recentQuotaOf, balancerCartridge: 'lb' });
  const releases = new Releases({ store, vault, events, quotas, markDirty, now, newUid });
  const exclusively: ClusterKeeper['exclusively'] = (tenants, work) => keeper.exclusively(tenants, work);
  const tenantRemoval = new TenantRemoval({ store, fleet, events, exclusively, clock, logger });
  const tokenWatch = new TokenWatch(store.tokens, clock);
  const historyStore = new HistoryStore(store.history);
  const removal = new Removal({
    fleet,
    publisher,
    journal,
    events,
    logs: options.logs,
    history: historyStore,
    onApplicationGone: ({ tenant }) => tenantRemoval.look(tenant),
  });
  const keeper = new ClusterKeeper({
    store,
    fleet,
    releases,
    publisher,
    removal,
    events,
    provider: provider.name,
    balancerAlias: 'lb',
    balancerCartridge: 'lb',
    findPublicPort: options.findPublicPort,
    markDirty,
    now,
    newUid,
  });
  const pipeline = new Pipeline({
    vault,
    store,
    fleet,
    fetcher: options.fetcher,
    artifacts: options.artifacts,
    builder: options.builder,
    logs: options.buildLogs,
    releases,
    events,
    buildsAtOnce: async (tenant) => (await quotaOf(tenant)).buildsAtOnce,
    folders: options.buildFolders,
    logger,
    observeDuration: (seconds, result) => metrics.buildDone(result, seconds),
    now,
    newUid,
  });
  const poller = new GitPoller({
    vault,
    fleet,
    store,
    fetcher: options.fetcher,
    pipeline,
    events,
    logger,
    intervalSeconds: options.gitPollSeconds,
    clock,
    random: options.random,
  });
  const rollouts = new Rollouts({ store, fleet, instances, publisher, journal, events, epoch: fence, now });
  const converge = new Converge({ fleet, instances, rollouts, journal, events, logger, now, markDirty });
  const decisions = new DecisionJournal({
    store,
    onFailure: (error) => logger.error({ error: (error as Error).message }, 'a decision could not be stored'),
    clock,
    newUid,
  });
  const decider = new Decider({
    fleet,
    room: cached(ROOM_CACHE_MILLISECONDS, now, (memoryBytes: number) => provider.room(memoryBytes)),
    quotas,
    journal: decisions,
    events,
    reportIntervalSeconds: REPORT_INTERVAL_SECONDS,
    count: (outcome, reasonCode) => metrics.decision(outcome, reasonCode),
    now,
  });

  const silence = new Silence({ fleet, isConnected: () => messaging.isConnected, logger, now });
  const pass = async (cluster: ClusterState, decide: boolean): Promise<void> => {
    const atFault = silence.platformAtFault(cluster);
    await allOf([
      () => releases.begin(cluster),
      async () => (decide ? decider.run(cluster, atFault) : undefined),
      () => converge.run(cluster, atFault),
      () => publisher.publish(cluster),
      () => removal.cluster(cluster),
    ]);
  };
  const loop = new ReconcileLoop({
    fleet,
    pass,
    observeDuration: (seconds) => metrics.reconciled(seconds),
    logger,
    clock,
  });

  const meter = new Meter({ fleet, store, logger, clock });
  const history = new HistoryRecorder({ fleet, store: historyStore, logger, clock });
  const context = {
    fleet,
    journal,
    markDirty,
    meter,
    stale: (count: number) => metrics.staleSamples(count),
    throttled: (cluster: ClusterKey, requests: number) => metrics.throttled(cluster, requests),
  };
  const started = (cluster: ClusterState, seconds: number): void => {
    cluster.startBackoff = null;
    cluster.record = {
      ...cluster.record,
      startSeconds: [...cluster.record.startSeconds, seconds].slice(-MEASURED_STARTS),
    };
    // The next change of the record stores it; a start that is forgotten costs one measurement.
    logger.info({ cluster: cluster.keyText, seconds }, 'an instance became active');
  };
  const { logs, tenantLogBytesPerSecond: tenantBytesPerSecond, isBrokerOutside } = options;
  const drains = new Drains({ fleet, logs, ...options.drains, clock, random: options.random, logger });
  const logIngest = new LogIngest({ logs, tenantBytesPerSecond, isBrokerOutside });
  const ingest = new Ingest({
    fleet,
    count: (leaf, result) => metrics.message(leaf, result),
    clear: clearingStrays({ messaging, logger, assertHolder: () => instances.assertHolder() }),
    logger,
    handlers: {
      status: (source, { value }) => onStatus(source, value, { ...context, started }),
      stats: (source, { value }) => onStats(source, value, context),
      demand: (source, { value }) => onDemand(source, value, context),
      artifact: (source, { value }) => onArtifact(source, value, context),
      log: (source, { value }) => logIngest.take(source, value),
      ack: (source, { value }) => onAck(source, value, context),
    },
  });

  let isStarted = false;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let isClosing = false;
  const observer = new Observer({ fleet, provider, markDirty, logger, clock });

  return {
    fleet,
    get droppedLogLines() {
      return logIngest.droppedLines;
    },
    useCases: {
      queries: createQueries({
        quotas,
        store,
        vault,
        fleet,
        events,
        logs,
        drains,
        history: (cluster, question) => readHistory(historyStore, history, cluster, question),
        publicHost: options.publicHost,
        now,
      }),
      mutations: createMutations({
        store,
        vault,
        fleet,
        apply: new Apply({
          store,
          vault,
          fetcher: options.fetcher,
          fleet,
          keeper,
          quotas,
          provider,
          events,
          now,
          newUid,
        }),
        keeper,
        pipeline,
        poller,
        releases,
        artifacts: options.artifacts,
        publisher,
        events,
        quotas,
        tenants: { store, fleet, events, watch: tokenWatch, removal: tenantRemoval, exclusively, now, newUid },
        markDirty,
        now,
        newUid,
      }),
      feeds: createFeeds({ store, fleet, events, pipeline, buildLogs: options.buildLogs, logs: options.logs, clock }),
      // Whoever asks while what is wanted and what runs is still being read waits: an answer from half of it would be wrong.
      authenticate: async (token) => {
        const principal = await authenticate(store, token, now());
        if (principal !== undefined) await opened;
        return principal;
      },
      followToken: (principal, onEnd) => tokenWatch.follow(principal, onEnd),
      idempotent: (principal, question, work) => store.idempotent({ ...question, scope: principal.token }, work),
    },
    async ready() {
      if (!isStarted) throw new Error('still reading what is wanted and what runs');
    },
    async start() {
      await restore({ store, fleet, provider, keeper, journal, logger, now });
      // What a crash cut short: an application that was being deleted, a service cluster or a release that was not made yet.
      for (const application of [...fleet.applications.values()]) {
        await keeper
          .keep(application)
          .catch((error: unknown) =>
            logger.error(
              { application: application.name, tenant: application.tenant, error },
              'an application could not be brought to its manifest; apply it again',
            ),
          );
      }
      await meter.restore();
      await history.restore();
      observer.start();
      await messaging.start({
        // What the broker says of its own end (every agent's will) is no news of the agents.
        message: (message) => (isClosing ? undefined : ingest.message(message)),
        connected: () => {
          publisher.forgetAll();
          void publisher.publishAll();
        },
        disconnected: (reason) =>
          logger.warn({ reason }, 'the broker is away; instances go on, reports and commands wait'),
      });
      loop.start();
      poller.start();
      meter.start();
      history.start();
      drains.start();
      await pipeline.resume();
      await tenantRemoval.resume();
      isStarted = true;
      open();
    },
    close: () => {
      isClosing = true;
      return allOf([
        async () => tokenWatch.close(),
        () => tenantRemoval.close(),
        () => poller.close(),
        () => drains.close(),
        () => loop.close(),
        () => converge.close(),
        () => pipeline.close(),
        () => observer.close(),
        () => meter.close(),
        () => history.close(),
        () => decisions.close(fleet.clusters()),
        // For the measured starts, which nothing else may have stored yet.
        () =>
          allOf(
            [...fleet.clusters()].map(
              ({ record }) =>
                () =>
                  store.clusters.save(record),
            ),
          ),
        () => journal.close(),
      ]);
    },
  };
}

/** One after another, each of them whether or not those before have failed. Throws the first error at the end. */
async function allOf(works: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
