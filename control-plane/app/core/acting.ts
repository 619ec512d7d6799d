/** What makes service clusters and brings what runs to what is wanted: keeping, releasing, deciding, converging. */
import { Alarms } from '../alarms/alarms.ts';
import { ExpiryWatch } from '../certificates/expiry-watch.ts';
import { Blockades } from '../apply/blockades.ts';
import { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { Collector } from '../collect/collector.ts';
import { GitPoller } from '../deploy/git-poller.ts';
import { Pipeline } from '../deploy/pipeline.ts';
import { Leftovers } from '../publish/leftovers.ts';
import { Releases } from '../deploy/releases.ts';
import { REPORT_INTERVAL_SECONDS, type ClusterState } from '../fleet/cluster-state.ts';
import { Observer } from '../fleet/observer.ts';
import { Converge } from '../reconcile/converge.ts';
import { Moves } from '../reconcile/moves.ts';
import { Decider, type Steered } from '../reconcile/decider.ts';
import { DecisionJournal } from '../reconcile/decision-journal.ts';
import { Freeze } from '../reconcile/freeze.ts';
import { ReconcileLoop } from '../reconcile/loop.ts';
import { Removal } from '../reconcile/remove.ts';
import { Rollouts } from '../reconcile/rollouts.ts';
import { Silence } from '../reconcile/silence.ts';
import { sparingly } from '../sparingly.ts';
import { TokenRenewal } from '../token-renewal.ts';
import { TenantRemoval } from '../tenants/removal.ts';
import { allOf } from './all-of.ts';
import { BALANCER, type Ground } from './ground.ts';
import type { CoreOptions } from './options.ts';

export type Acting = ReturnType<typeof createActing>;

export function createActing(options: CoreOptions, ground: Ground) {
  const { store, vault, provider, messaging, metrics, logger, fence, clock, newUid } = options;
  const {
    now,
    fleet,
    events,
    journal,
    publisher,
    releaseKeeper,
    instances,
    agentTokens,
    hosts,
    placer,
    diskWatch,
    collectionGate,
    quotaOf,
    quotas,
    hooks,
    tasks,
    historyStore,
  } = ground;
  const markDirty = (cluster: ClusterState): void => loop.markDirty(cluster);
  const releases = new Releases({ store, events, quotas, hooks, runtimes: options.runtimes, markDirty, now, newUid });
  const exclusively: ClusterKeeper['exclusively'] = (tenants, work) => keeper.exclusively(tenants, work);
  const tenantRemoval = new TenantRemoval({ store, fleet, events, exclusively, clock, logger });
  const assertHolder = (): Promise<void> => instances.assertHolder();
  const leftovers = new Leftovers({ store, messaging, fleet, assertHolder, clock, logger });
  const removal = new Removal({
    tasks,
    provider,
    fleet,
    publisher,
    leftovers,
    journal,
    events,
    logs: options.logs,
    history: historyStore,
    onApplicationGone: ({ tenant }) => {
      tenantRemoval.look(tenant);
      collector.soon();
    },
  });
  const keeper = new ClusterKeeper({
    store,
    fleet,
    releases,
    publisher,
    removal,
    events,
    provider: provider.name,
    runtimes: options.runtimes,
    balancerAlias: BALANCER,
    balancerCartridge: BALANCER,
    findPublicPort: options.findPublicPort,
    markDirty,
    onUnblocked: ({ uid, name }) => {
      for (const cluster of fleet.clustersOf(uid))
        pipeline
          .resume(cluster)
          .catch((error: unknown) => logger.error({ application: name, error }, 'builds could not be taken up again'));
    },
    now,
    newUid,
  });
  const expiryWatch = new ExpiryWatch({
    store,
    events,
    clock,
    onFailure: (error) => logger.error({ error: error.message }, 'the ends of certificates could not be looked at'),
  });
  const blockades = new Blockades({ fleet, keeper, refreshCartridges: options.refreshCartridges, clock, logger });
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
    placeFor: (cluster, memoryBytes) => placer.forBuild(cluster, memoryBytes),
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
    disk: diskWatch,
    intervalSeconds: options.gitPollSeconds,
    clock,
    random: options.random,
  });
  const collector = new Collector({
    store,
    fleet,
    artifacts: options.artifacts,
    buildLogs: options.buildLogs,
    buildFolders: options.buildFolders,
    fetcher: options.fetcher,
    maximumArchiveBytes: options.maximumArchiveBytes,
    cacheBounds: options.cacheBounds,
    gate: collectionGate,
    assertHolder: () => instances.assertHolder(),
    events,
    metrics,
    logger,
    clock,
  });
  const rollouts = new Rollouts({ store, fleet, instances, publisher, journal, events, hosts, epoch: fence, now });
  const freeze = new Freeze({ store, fleet, events, clock, logger });
  const moves = new Moves({ placer, freeze, now });
  const converge = new Converge({
    fleet,
    instances,
    rollouts,
    provider,
    placer,
    hosts,
    moves,
    journal,
    events,
    logger,
    now,
    markDirty,
  });
  const decisions = new DecisionJournal({
    store,
    onFailure: sparingly(
      () => clock.monotonic(),
      (error) => logger.error({ error: (error as Error).message }, 'a decision could not be stored'),
    ),
    clock,
    newUid,
  });
  const decider = new Decider({
    store,
    fleet,
    placer,
    hosts,
    quotas,
    journal: decisions,
    events,
    freeze,
    reportIntervalSeconds: REPORT_INTERVAL_SECONDS,
    count: (outcome, reasonCode) => metrics.decision(outcome, reasonCode),
    now,
  });
  const preview = (cluster: ClusterState, change: Steered) =>
    decider.preview(cluster, silence.platformAtFault(cluster), change);
  const alarms = new Alarms({ events, clock });
  const silence = new Silence({ fleet, hosts, isConnected: () => messaging.isConnected, logger, clock });
  hosts.onReturn((hostCluster) => silence.waitAnew(hostCluster));
  const pass = async (cluster: ClusterState): Promise<void> => {
    // A pass that was due as it was removed would store it again.
    if (fleet.cluster(cluster.record.uid) !== cluster || fleet.isBlocked(cluster)) return;
    const atFault = silence.platformAtFault(cluster);
    alarms.telemetry(cluster, atFault);
    await allOf([
      () => releases.begin(cluster),
      () => decider.act(cluster),
      // Before an instance begins: it may find nobody who tells it anything.
      () => releaseKeeper.keep(cluster),
      () => converge.run(cluster, atFault),
      () => publisher.publish(cluster),
      () => removal.cluster(cluster),
    ]);
  };
  const decide = async (cluster: ClusterState): Promise<void> => {
    if (fleet.isBlocked(cluster)) return;
    await decider.decide(cluster, silence.platformAtFault(cluster));
    alarms.ceiling(cluster);
  };
  const loop = new ReconcileLoop({
    fleet,
    decide,
    pass,
    observeDuration: (seconds) => metrics.reconciled(seconds),
    logger,
    clock,
  });
  const observer = new Observer({ fleet, provider, markDirty, logger, clock });
  const tokenRenewal = new TokenRenewal({
    store,
    fleet,
    provider,
    tokens: agentTokens,
    vault,
    journal,
    assertHolder: () => instances.assertHolder(),
    graceMilliseconds: options.tokenTimes.graceMilliseconds,
    logger,
    clock,
  });
  return {
    leftovers,
    tokenRenewal,
    freeze,
    silence,
    markDirty,
    releases,
    tenantRemoval,
    keeper,
    pipeline,
    collector,
    poller,
    blockades,
    expiryWatch,
    converge,
    decisions,
    preview,
    loop,
    observer,
  };
}
