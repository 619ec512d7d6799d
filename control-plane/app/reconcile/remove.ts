/** The end of what is being deleted: when nothing of it runs any more, its records and retained topics go. */
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { ApplicationLogs } from '../ports/logs.ts';
import type { Store } from '../ports/store.ts';
import type { Publisher } from '../publish/publisher.ts';

export interface RemoveOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly publisher: Publisher;
  readonly logs: Pick<ApplicationLogs, 'remove'>;
  readonly events: EventRecorder;
}

/** Removes a service cluster without instances, and its application with the last of them. Does nothing before that. */
export async function removeIfEmpty(cluster: ClusterState, options: RemoveOptions): Promise<void> {
  const { store, fleet, publisher, events } = options;
  if (cluster.record.deletingSince === null || cluster.live().length > 0) return;
  await publisher.clearCluster(cluster);
  await store.clusters.delete(cluster.record.uid);
  fleet.removeCluster(cluster);
  events.record({ tenant: cluster.record.tenant, subject: subjectOf.cluster(cluster.record), type: 'cluster.deleted' });
  cluster.changed.notify();
  const application = fleet.applications.get(cluster.record.applicationUid);
  if (application === undefined || application.deletingSince === null || fleet.clustersOf(application.uid).length > 0)
    return;
  await options.logs.remove(application);
  await store.applications.delete(application.uid);
  fleet.applications.delete(application.uid);
  events.record({
    tenant: application.tenant,
    subject: subjectOf.application(application),
    type: 'application.deleted',
  });
}
