/**
 * Live views for subscribers. Each is pulled by its reader: between two pulls changes coalesce, so a slow reader sees the newest
 * state and costs no memory; log-like feeds say where something is missing.
 */
import { narrowed } from '../access.ts';
import { createBacktestFeeds, type BacktestFeedOptions } from '../backtests/feed.ts';
import type { EventRecorder } from '../events.ts';
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { inFlightOf, totalInFlight } from '../fleet/in-flight.ts';
import { Signal } from '../fleet/signal.ts';
import type { Pipeline } from '../deploy/pipeline.ts';
import type { ApplicationLogs } from '../ports/logs.ts';
import type { TaskProvider } from '../ports/tasks.ts';
import { createHostClusterFeeds, type HostClusterFeedOptions } from '../host-clusters/ask.ts';
import { createTaskFeeds } from '../tasks/ask.ts';
import type { OverviewFeeds } from '../overview/use-cases.ts';
import type { BuildLogs } from '../ports/build-logs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import type { EventRecord } from '../records/events.ts';
import type { RolloutRecord } from '../records/releases.ts';
import type { ClusterSnapshot, FeedItem, Feeds } from '../use-cases.ts';
import { clusterLive, instanceLive } from './live.ts';
import { requireApplication, requireCluster, seenOfCluster } from './scope.ts';
import { checkedFilter } from './logs.ts';

/** Most items that one pull of a log-like feed reads. */
const BATCH = 200;
/** A build's feed looks no sooner again than this. */
const LEAST_GAP_MILLISECONDS = 100;

export interface FeedsOptions extends HostClusterFeedOptions, Pick<BacktestFeedOptions, 'backtests'> {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly events: EventRecorder;
  readonly pipeline: Pipeline;
  readonly buildLogs: BuildLogs;
  readonly logs: ApplicationLogs;
  readonly taskProvider: Pick<TaskProvider, 'output'>;
  readonly overview: OverviewFeeds;
  readonly clock: Clock;
}

export function createFeeds(options: FeedsOptions): Feeds {
  const snapshots: Snapshots = new WeakMap();
  return {
    ...createTaskFeeds(options),
    ...createHostClusterFeeds(options),
    overview: (principal, scope, signal) => options.overview.overview(principal, scope, signal),
    ...createBacktestFeeds(options),
    cluster: (principal, ref, signal) =>
      followCluster(options, snapshots, requireCluster(options.fleet, principal, ref, 'viewer'), signal),
    decisions: (principal, ref, { after }, signal) =>
      followDecisions(options, requireCluster(options.fleet, principal, ref, 'viewer'), after, signal),
    events: (principal, asked, signal) => followEvents(options, principal, asked, signal),
    logs: (principal, ref, { filter, after }, signal) => {
      const application = requireApplication(options.fleet, principal, ref.tenant, ref.application, 'viewer');
      return options.logs.follow(application, { filter: checkedFilter(filter), after: after ?? null }, signal);
    },
    build: (principal, uid, signal) => followBuild(options, principal, uid, signal),
    rollout: (principal, ref, signal) =>
      followRollout(options, requireCluster(options.fleet, principal, ref, 'viewer'), signal),
  };
}

/** By service cluster, that of its last change, for all who follow it. */
type Snapshots = WeakMap<ClusterState, { readonly version: number; readonly snapshot: ClusterSnapshot }>;

function snapshot(options: FeedsOptions, cluster: ClusterState): ClusterSnapshot {
  const now = options.clock.now();
  const inFlight = inFlightOf(options.fleet, cluster.record.applicationUid);
  return {
    cluster: cluster.record,
    live: clusterLive(cluster, now),
    instances: cluster.live().map((instance) => ({
      record: instance.record,
      live: instanceLive(instance, totalInFlight(inFlight.get(instance.record.uid)), now),
    })),
    rollout: cluster.rollout,
  };
}

async function* followCluster(
  options: FeedsOptions,
  snapshots: Snapshots,
  cluster: ClusterState,
  signal: AbortSignal,
): AsyncGenerator<ClusterSnapshot> {
  while (!signal.aborted) {
    const { version } = cluster.changed;
    let known = snapshots.get(cluster);
    if (known?.version !== version) snapshots.set(cluster, (known = { version, snapshot: snapshot(options, cluster) }));
    yield known.snapshot;
    await cluster.changed.after(version, signal);
  }
}

async function* followDecisions(
  options: FeedsOptions,
  cluster: ClusterState,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<DecisionRecord> {
  let last = after ?? '';
  if (after === undefined) {
    const [newest] = await options.store.decisions.find(
      { cluster: cluster.record.uid },
      { newestFirst: true, limit: 1 },
    );
    if (newest !== undefined) {
      yield newest;
      last = newest.uid;
    }
  }
  while (!signal.aborted) {
    const { version } = cluster.decided;
    const found = await options.store.decisions.find(
      { cluster: cluster.record.uid },
      { ...(last === '' ? {} : { after: last }), limit: BATCH },
    );
    for (const decision of found) {
      yield decision;
      last = decision.uid;
    }
    if (found.length < BATCH) await cluster.decided.after(version, signal);
  }
}

async function* followEvents(
  options: FeedsOptions,
  principal: Principal,
  { tenant, application, after }: Parameters<Feeds['events']>[1],
  signal: AbortSignal,
): AsyncGenerator<FeedItem<EventRecord>> {
  const filter = narrowed(principal, tenant, 'viewer', application);
  let last = after ?? (await options.store.events.last());
  // The log is kept for a time only; who was away for longer is told.
  const [oldest] = after === undefined ? [] : await options.store.events.after(0, {}, 1);
  if (oldest !== undefined && last < oldest.sequence - 1) {
    yield { kind: 'gap', after: last, next: oldest.sequence };
    last = oldest.sequence - 1;
  }
  while (!signal.aborted) {
    const { version } = options.events.appended;
    const found = await options.store.events.after(last, filter, BATCH);
    for (const item of found) {
      yield { kind: 'item', item };
      last = item.sequence;
    }
    if (found.length < BATCH) await options.events.appended.after(version, signal);
  }
}

async function* followBuild(options: FeedsOptions, principal: Principal, uid: string, signal: AbortSignal) {
  const changed = new Signal();
  const wake = (): void => changed.notify();
  // Before the first look, so that no change falls between a look and the waiting.
  const ends = [options.pipeline.onChange(uid, wake), options.buildLogs.onAppend(uid, wake)];
  try {
    for (let read = 0; !signal.aborted;) {
      const { version } = changed;
      const build = seenOfCluster(options.fleet, principal, await options.store.builds.get(uid));
      if (build === undefined) throw new RequestError('NOT_FOUND', `there is no build ${uid}`);
      const lines = await options.buildLogs.read(uid);
      // A build that is run again begins its log anew.
      yield { build, lines: lines.slice(lines.length < read ? 0 : read) };
      read = lines.length;
      if (build.state === 'succeeded' || build.state === 'failed') return;
      await changed.after(version, signal);
      // Lines come in batches.
      await new Promise<void>((resolve) => options.clock.setTimeout(resolve, LEAST_GAP_MILLISECONDS));
    }
  } finally {
    for (const end of ends) end();
  }
}

async function* followRollout(
  options: FeedsOptions,
  cluster: ClusterState,
  signal: AbortSignal,
): AsyncGenerator<RolloutRecord> {
  let text = '';
  while (!signal.aborted) {
    const { version } = cluster.changed;
    const [newest] = await options.store.rollouts.find(
      { cluster: cluster.record.uid },
      { newestFirst: true, limit: 1 },
    );
    const current = cluster.rollout ?? newest;
    const next = JSON.stringify(current ?? null);
    if (current !== undefined && next !== text) yield current;
    text = next;
    await cluster.changed.after(version, signal);
  }
}
