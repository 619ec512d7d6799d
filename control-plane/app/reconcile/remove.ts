/** The end of what is being deleted: when nothing of it runs any more, its records and retained topics go. */
import type { EventRecorder, Happening } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { InstanceJournal } from '../fleet/instance-journal.ts';
import { Serial } from '../fleet/serial.ts';
import type { HistoryStore } from '../history/store.ts';
import type { ApplicationLogs } from '../ports/logs.ts';
import type { Provider } from '../ports/provider.ts';
import type { Repositories } from '../ports/store.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { Leftovers } from '../publish/leftovers.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { ApplicationRecord } from '../records/applications.ts';

export interface RemovalOptions {
  /** Of a service cluster that goes, they end first. */
  readonly tasks: Pick<Tasks, 'of' | 'stop'>;
  readonly provider: Pick<Provider, 'removeCluster'>;
  readonly fleet: Fleet;
  readonly publisher: Publisher;
  readonly leftovers: Pick<Leftovers, 'note' | 'clear'>;
  readonly journal: Pick<InstanceJournal, 'settle'>;
  readonly logs: Pick<ApplicationLogs, 'remove'>;
  /** Usage stays, since it is billed; what the demand was serves nobody any more. */
  readonly history: Pick<HistoryStore, 'remove'>;
  readonly events: EventRecorder;
  /** An application is gone: perhaps it was the last of a tenant that is being deleted. */
  readonly onApplicationGone: (application: ApplicationRecord) => void;
}

export class Removal {
  readonly #options: RemovalOptions;
  /** One at a time: of two last service clusters neither may take the other for the last one. */
  readonly #serial = new Serial();

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /**
   * Removes a service cluster without instances, and its application with the last of them. Does nothing before that; what fails
   * leaves the service cluster where it is, so that the next pass tries again. A broker that is away is not waited for.
   */
  async cluster(cluster: ClusterState): Promise<void> {
    if (cluster.record.deletingSince === null) return;
    const tasks = this.#options.tasks.of(cluster.record.uid);
    for (const task of tasks) if (task.stoppedBy === null) await this.#options.tasks.stop(task.uid, 'platform');
    if (cluster.live().length > 0 || tasks.length > 0) return;
    // Outside of the turn: a host cluster that hangs delays the end of nothing else.
    await this.#options.provider.removeCluster?.(cluster.record.uid);
    await this.#serial.run(async () => {
      const { fleet, publisher, leftovers, journal, events, logs } = this.#options;
      const { record } = cluster;
      // Asked for twice at once: its end is told once.
      if (fleet.cluster(record.uid) !== cluster) return;
      const owner = fleet.applications.get(record.applicationUid);
      const isLast = fleet.clustersOf(record.applicationUid).every((other) => other === cluster);
      const application = isLast && owner !== undefined && owner.deletingSince !== null ? owner : null;
      const isCleared = await publisher.clearCluster(cluster);
      if (application !== null) await logs.remove(application);
      await this.#options.history.remove(record.uid);
      // The last word on its instances first: nobody would look at their records again.
      await journal.settle();
      await events.change(
        async (tx) => {
          await tx.clusters.delete(record.uid);
          if (!isCleared) await leftovers.note(tx, record);
          await forgetConfiguration(tx, record.uid);
          for (const { uid } of await tx.webhooks.find({ cluster: record.uid })) await tx.webhooks.delete(uid);
          for (const { uid } of await tx.tasks.find({ cluster: record.uid })) await tx.tasks.delete(uid);
          if (application === null) return;
          await tx.applications.delete(application.uid);
          await forgetConfiguration(tx, application.uid);
        },
        { tenant: record.tenant, subject: subjectOf.cluster(record), type: 'cluster.deleted' },
        ...(application === null ? [] : [deleted(application)]),
      );
      fleet.removeCluster(cluster);
      if (!isCleared) leftovers.clear();
      cluster.changed.notify();
      if (application !== null) this.#gone(application);
    });
  }

  /** Removes an application that is being deleted and has no service cluster (any more). Does nothing before that. */
  async application(application: ApplicationRecord): Promise<void> {
    await this.#serial.run(async () => {
      const { fleet, events, logs } = this.#options;
      const present = fleet.applications.get(application.uid);
      if (present === undefined || present.deletingSince === null) return;
      if (fleet.clustersOf(application.uid).length > 0) return;
      await logs.remove(application);
      await events.change(async (tx) => {
        await tx.applications.delete(application.uid);
        await forgetConfiguration(tx, application.uid);
      }, deleted(application));
      this.#gone(application);
    });
  }

  #gone(application: ApplicationRecord): void {
    this.#options.fleet.applications.delete(application.uid);
    this.#options.fleet.certificates.delete(application.uid);
    this.#options.onApplicationGone(application);
  }
}

/** What was set for what is gone, secrets included. */
async function forgetConfiguration(tx: Repositories, owner: string): Promise<void> {
  await tx.configurations.delete(owner);
  await tx.metadata.delete(owner);
  for (const { uid } of await tx.secretVersions.find({ owner })) await tx.secretVersions.delete(uid);
  for (const { uid } of await tx.certificates.find({ owner })) await tx.certificates.delete(uid);
}

function deleted(application: ApplicationRecord): Happening {
  return { tenant: application.tenant, subject: subjectOf.application(application), type: 'application.deleted' };
}
