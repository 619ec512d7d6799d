/** What everything else of the app stands on: memory, events, journals, what is published, and the writes to the provider. */
import { platformLines } from '../../domain/logs/platform-line.ts';
import { cached } from '../cached.ts';
import { DiskWatch } from '../disk/disk-watch.ts';
import { EventRecorder } from '../events.ts';
import { REPORT_INTERVAL_SECONDS } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import { HostClusters } from '../host-clusters/host-clusters.ts';
import { AgentTokens } from '../identity/agent-tokens.ts';
import { InstanceJournal } from '../fleet/instance-journal.ts';
import { Serial } from '../fleet/serial.ts';
import { HistoryStore } from '../history/store.ts';
import { MetadataVersions } from '../metadata/versions.ts';
import { FreeRoom } from '../placement/free-room.ts';
import { HostPlaces, LOCAL_PLACES, unlessSeen } from '../placement/host-places.ts';
import { Placer } from '../placement/placer.ts';
import { Publisher } from '../publish/publisher.ts';
import { ReleaseKeeper } from '../publish/release-keeper.ts';
import { Instances } from '../reconcile/instances.ts';
import { sparingly } from '../sparingly.ts';
import type { TenantQuota } from '../records/tenants.ts';
import { ReleaseHooks } from '../tasks/release-hook.ts';
import { Tasks } from '../tasks/tasks.ts';
import { NO_QUOTA } from '../tenants/quota.ts';
import { Quotas } from '../tenants/quotas.ts';
import type { CoreOptions } from './options.ts';

const QUOTA_CACHE_MILLISECONDS = 5000;
export const BALANCER = 'lb';

export type Ground = ReturnType<typeof createGround>;

export function createGround(options: CoreOptions) {
  const { store, provider, messaging, logger, fence, clock, newUid } = options;
  const now = (): number => clock.now();
  const fleet = new Fleet();
  const events = new EventRecorder(store, now, (error, event) =>
    logger.error({ error, event }, 'an event could not be stored'),
  );
  const journal = new InstanceJournal(
    store,
    events,
    clock,
    sparingly(
      () => clock.monotonic(),
      (error) =>
        logger.warn({ error: (error as Error).message }, 'an instance record could not be stored; it is tried again'),
    ),
    (before, after) => {
      const lines = platformLines(before, after, clock.now());
      if (lines.length > 0) options.logs.append({ tenant: after.tenant, name: after.application }, lines);
    },
  );
  const metadataVersions = new MetadataVersions();
  const publisher = new Publisher({
    metadataVersion: (cluster) => metadataVersions.of(cluster),
    fleet,
    messaging,
    store,
    endpoints: { controlPlane: options.controlPlaneUrl },
    epoch: fence,
    reportIntervalSeconds: REPORT_INTERVAL_SECONDS,
    logger,
  });
  const releaseKeeper = new ReleaseKeeper({
    ...{ provider, store, fleet, publisher, vault: options.vault, logger, now },
    metadataVersion: (cluster) => metadataVersions.of(cluster),
    documentsBase: options.controlPlaneUrl,
    reportIntervalSeconds: REPORT_INTERVAL_SECONDS,
  });
  const { access, probeImage } = options.hostClusters;
  const hostClusters = new HostClusters({
    ...{ store, vault: options.vault, events, access, probeImage, clock, random: options.random, logger },
  });
  const hosts = new HostPlaces({
    read: () =>
      provider.name === 'process'
        ? LOCAL_PLACES
        : hostClusters.places().map((place) => unlessSeen(place, provider.isSeen?.(place.name) ?? true)),
    now,
  });
  const room = new FreeRoom({ ask: (needs, place) => provider.room(needs, place), now });
  const placer = new Placer({ hosts, room });
  const agentTokens = new AgentTokens({
    ...{ fleet, vault: options.vault, accounts: options.accounts, times: options.tokenTimes, clock },
  });
  const instances = new Instances({
    placer,
    store,
    fleet,
    provider,
    publisher,
    accounts: options.accounts,
    tokens: agentTokens,
    vault: options.vault,
    journal,
    events,
    fence,
    brokers: options.brokers,
    controlPlane: options.controlPlaneUrl,
    logger,
    now,
    newUid,
  });
  const quotaOf = async (tenant: string): Promise<TenantQuota> =>
    (await store.tenants.find({ name: tenant }))[0]?.quota ?? NO_QUOTA;
  const diskWatch = new DiskWatch({
    disk: options.disk,
    minimumFreeShare: options.minimumFreeDiskShare,
    events,
    logger,
    clock,
  });
  const recentQuotaOf = cached(QUOTA_CACHE_MILLISECONDS, now, quotaOf);
  const tasks = new Tasks({
    store,
    provider: options.tasks,
    events,
    assertHolder: () => instances.assertHolder(),
    brokers: options.brokers,
    controlPlane: options.controlPlaneUrl,
    logger,
    clock,
    newUid,
    vault: options.vault,
    placeFor: (cluster) => placer.forTask(cluster),
  });
  const usedByTasks = (tenant: string): ReturnType<Tasks['use']> => tasks.use(tenant);
  return {
    hostClusters,
    hosts,
    placer,
    tasks,
    metadataVersions,
    hooks: new ReleaseHooks({ store, tasks, artifacts: options.artifacts }),
    now,
    fleet,
    events,
    journal,
    publisher,
    releaseKeeper,
    instances,
    agentTokens,
    diskWatch,
    collectionGate: new Serial(),
    quotaOf,
    quotas: new Quotas({ fleet, tasks: usedByTasks, quotaOf, recentQuotaOf, balancerCartridge: BALANCER }),
    historyStore: new HistoryStore(store.history),
  };
}
