/** Brings the control plane's memory back from the store, and asks the provider what runs. */
import { loadCertificates } from '../certificates/certificates.ts';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { readStoredApplication } from '../apply/stored-manifest.ts';
import type { CartwrightError } from '../errors.ts';
import type { ObservedInstance, Provider } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { adopt, type AdoptOptions } from './adopt.ts';
import type { ClusterState } from './cluster-state.ts';
import { InstanceState } from './instance-state.ts';

const STRANGER_GRACE_SECONDS = 5;
/** What an outdated instance gets for the requests that it has. */
const OUTDATED_GRACE_SECONDS = 10;

export interface RestoreOptions extends AdoptOptions {
  readonly store: Store;
  readonly provider: Provider;
  readonly keeper: ClusterKeeper;
}

export async function restore(options: RestoreOptions): Promise<void> {
  const { store, fleet, keeper } = options;
  for (const record of await store.applications.find({})) {
    const { application, failure: unreadable } = readStoredApplication(record);
    fleet.applications.set(application.uid, application);
    if (unreadable !== null) block(options, application, unreadable);
    for (const clusterRecord of await store.clusters.find({ applicationUid: application.uid })) {
      const { cluster, failure } = await keeper.restore(application, clusterRecord);
      if (failure !== null) block(options, application, failure);
      cluster.stable = (clusterRecord.stableRelease && (await store.releases.get(clusterRecord.stableRelease))) || null;
      cluster.candidate =
        (clusterRecord.candidateRelease && (await store.releases.get(clusterRecord.candidateRelease))) || null;
      const [rollout] = await store.rollouts.find(
        { cluster: clusterRecord.uid, state: ['running', 'returning'] },
        { newestFirst: true, limit: 1 },
      );
      cluster.rollout = rollout ?? null;
      const [ended] = await store.rollouts.find(
        { cluster: clusterRecord.uid, state: ['succeeded', 'returned'] },
        { newestFirst: true, limit: 1 },
      );
      cluster.lastRollout = ended ?? null;
      // A release that was made (or asked for again) and whose roll-out had not begun when the control plane went away.
      const candidates = await store.releases.find(
        { cluster: clusterRecord.uid, state: 'candidate' },
        { newestFirst: true },
      );
      cluster.pending =
        candidates.find(({ uid }) => uid !== rollout?.to && uid !== clusterRecord.stableRelease) ?? null;
    }
  }
  await loadCertificates(store, fleet);
  await restoreInstances(options);
}

function block({ keeper, logger }: RestoreOptions, application: ApplicationRecord, failure: CartwrightError): void {
  const { name, tenant } = application;
  keeper.block(application, failure);
  logger.error(
    { application: name, tenant, code: failure.code, error: failure.message },
    'an application is blocked: what it runs goes on, and nothing of it is started or stopped until that is mended',
  );
}

/** Joins the stored instances with those that the provider finds. Neither alone is the truth of what runs. */
async function restoreInstances(options: RestoreOptions): Promise<void> {
  const { store, fleet, provider, journal, logger, now } = options;
  const observed = new Map((await provider.list()).map((instance) => [instance.instance, instance]));
  const unseen = unseenBy(provider);
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
      instance.observed = observed.get(record.uid) ?? unseenOf(record, unseen);
      observed.delete(record.uid);
      fleet.addInstance(cluster, instance);
      // It could not be started again.
      if (fleet.isBlocked(cluster) && isBegun(instance)) continue;
      if (instance.observed?.outdated !== undefined) outdated.push(end(cluster, instance, instance.observed.outdated));
      if (instance.observed?.outdated !== undefined || isBegun(instance)) continue;
      // Recorded, but never begun, or by half: the crash came before the provider had done what it was asked. Neither a failed
      // start nor a loss, whatever roll-out it was for.
      if (instance.observed !== null) await removeLeft(options, record.uid);
      journal.update(cluster, instance, {
        state: 'terminated',
        terminatedAt: now(),
        reason:
          record.state === 'created'
            ? { code: 'never-started', message: 'the control plane ended before this instance was started' }
            : { code: 'not-found', message: 'it was not there any more when the control plane started' },
      });
    }
  }
  await Promise.all(outdated);
  for (const stranger of await adopt(options, [...observed.values()])) {
    logger.warn({ instance: stranger.instance, cluster: stranger.cluster }, 'an instance without a record is removed');
    await removeLeft(options, stranger.instance);
  }
}

function unseenBy(provider: Provider): ReadonlySet<string> {
  return new Set(provider.unseen?.() ?? []);
}

/** Its host cluster cannot be looked at now: it is taken to be there as it was, until somebody can say. */
function unseenOf(record: InstanceRecord, unseen: ReadonlySet<string>): ObservedInstance | null {
  if (record.placement === null || !unseen.has(record.placement.hostCluster)) return null;
  const { uid, cluster, tenant, application, alias, host, placement } = record;
  const state = record.state === 'created' ? 'starting' : 'running';
  return { instance: uid, cluster, tenant, application, alias, state, host: host ?? '', ports: [], placement };
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
