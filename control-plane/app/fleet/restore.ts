/** Brings the control plane's memory back from the store, and asks the provider what runs. */
import type { Logger } from 'pino';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { readStoredManifest } from '../apply/stored-manifest.ts';
import type { Provider } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Fleet } from './fleet.ts';
import type { InstanceJournal } from './instance-journal.ts';
import { InstanceState } from './instance-state.ts';

const STRANGER_GRACE_SECONDS = 5;
/** What an outdated instance gets for the requests that it has. */
const OUTDATED_GRACE_SECONDS = 10;

export interface RestoreOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly provider: Provider;
  readonly keeper: ClusterKeeper;
  readonly journal: InstanceJournal;
  readonly logger: Logger;
  readonly now: () => number;
}

export async function restore(options: RestoreOptions): Promise<void> {
  const { store, fleet, keeper } = options;
  for (const record of await store.applications.find({})) {
    const application = { ...record, manifest: readStoredManifest(record.manifest, 'Application') };
    fleet.applications.set(application.uid, application);
    for (const clusterRecord of await store.clusters.find({ applicationUid: application.uid })) {
      const cluster = await keeper.restore(application, clusterRecord);
      cluster.stable = (clusterRecord.stableRelease && (await store.releases.get(clusterRecord.stableRelease))) || null;
      cluster.candidate =
        (clusterRecord.candidateRelease && (await store.releases.get(clusterRecord.candidateRelease))) || null;
      const [rollout] = await store.rollouts.find(
        { cluster: clusterRecord.uid, state: ['running', 'returning'] },
        { newestFirst: true, limit: 1 },
      );
      cluster.rollout = rollout ?? null;
      // A release that was made (or asked for again) and whose roll-out had not begun when the control plane went away.
      const candidates = await store.releases.find(
        { cluster: clusterRecord.uid, state: 'candidate' },
        { newestFirst: true },
      );
      cluster.pending =
        candidates.find(({ uid }) => uid !== rollout?.to && uid !== clusterRecord.stableRelease) ?? null;
    }
  }
  await restoreInstances(options);
}

/** Joins the stored instances with those that the provider finds. Neither alone is the truth of what runs. */
async function restoreInstances(options: RestoreOptions): Promise<void> {
  const { store, fleet, provider, journal, logger, now } = options;
  const observed = new Map((await provider.list()).map((instance) => [instance.instance, instance]));
  const outdated: Promise<void>[] = [];
  /** Its place (a public port) is needed before another can be started in it. */
  const end = async (cluster: ClusterState, instance: InstanceState, why: string): Promise<void> => {
    const { uid } = instance.record;
    logger.info({ instance: uid, cluster: cluster.keyText, why }, 'an instance is replaced, as settings have changed');
    try {
      await provider.stop(uid, OUTDATED_GRACE_SECONDS);
      await provider.remove(uid);
    } catch (error) {
      logger.error({ instance: uid, error }, 'an outdated instance could not be ended; it goes on as it is');
      return;
    }
    const reason = { code: 'settings-changed', message: why };
    journal.update(cluster, instance, { state: 'terminated', terminatedAt: now(), unreachable: false, reason });
  };
  for (const cluster of fleet.clusters()) {
    const records = await store.instances.find({
      cluster: cluster.record.uid,
      state: ['created', 'initialized', 'starting', 'active', 'maintenance', 'ready-to-shutdown', 'faulty'],
    });
    for (const record of records) {
      const instance = new InstanceState(record, now());
      instance.observed = observed.get(record.uid) ?? null;
      observed.delete(record.uid);
      fleet.addInstance(cluster, instance);
      if (instance.observed?.outdated !== undefined) outdated.push(end(cluster, instance, instance.observed.outdated));
      if (instance.observed?.outdated !== undefined || isBegun(instance)) continue;
      // Recorded, but never begun, or by half: the crash came before the provider had done what it was asked. Neither a failed
      // start nor a loss, whatever roll-out it was for.
      if (instance.observed !== null) await removeLeft(options, record.uid);
      journal.update(cluster, instance, {
        state: 'terminated',
        terminatedAt: now(),
        reason: { code: 'never-started', message: 'the control plane ended before this instance was started' },
      });
    }
  }
  await Promise.all(outdated);
  for (const stranger of observed.values()) {
    logger.warn({ instance: stranger.instance, cluster: stranger.cluster }, 'an instance without a record is removed');
    await removeLeft(options, stranger.instance);
  }
}

function isBegun({ record, observed }: InstanceState): boolean {
  if (observed === null) return false;
  return record.state !== 'created' || observed.state !== 'gone';
}

/** What is left serves nobody (no load balancer learns of it), so it must not keep the control plane from starting. */
async function removeLeft({ provider, logger }: RestoreOptions, instance: string): Promise<void> {
  try {
    await provider.stop(instance, STRANGER_GRACE_SECONDS);
    await provider.remove(instance);
  } catch (error) {
    logger.error({ instance, error }, 'an instance without a record, or only half begun, could not be removed');
  }
}
