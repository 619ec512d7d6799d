/** Which version of its metadata each service cluster's agents shall have; in memory, so that publishing waits for no database. */
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Repositories } from '../ports/store.ts';
import type { MetadataRecord } from '../records/configuration.ts';

export class MetadataVersions {
  /** By owner: an application or a service cluster. */
  readonly #generations = new Map<string, number>();

  async restore(store: Pick<Repositories, 'metadata'>): Promise<void> {
    for (const record of await store.metadata.find({})) this.note(record);
  }

  note({ uid, generation }: Pick<MetadataRecord, 'uid' | 'generation'>): void {
    this.#generations.set(uid, generation);
  }

  /** Null: nothing was ever set. */
  of({ record }: Pick<ClusterState, 'record'>): string | null {
    const [application, component] = [record.applicationUid, record.uid].map((uid) => this.#generations.get(uid) ?? 0);
    return application === 0 && component === 0 ? null : `${application}.${component}`;
  }
}
