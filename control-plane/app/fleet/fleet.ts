/**
 * The control plane's memory of all service clusters and instances: loaded from the store at start, kept true by writing to
 * the store first. Look-ups only; what happens is decided elsewhere.
 */
import { clusterKeyText, type ClusterKey } from '../../../schema/mqtt/topics.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { ClusterState } from './cluster-state.ts';
import type { InstanceState } from './instance-state.ts';

/** Why an application cannot be brought to its manifest. What it runs goes on; nothing of it is decided, started or stopped. */
export interface Blocked {
  /** CARTRIDGE_MISSING, CARTRIDGE_UNUSABLE or MANIFEST_UNREADABLE. */
  readonly code: string;
  readonly message: string;
  /** Milliseconds since the epoch; as far as this control plane has seen. */
  readonly since: number;
}

export class Fleet {
  readonly applications = new Map<string, ApplicationRecord>();
  /** By uid of the application. */
  readonly blocked = new Map<string, Blocked>();
  /** Which certificates an application has, by its uid: another text whenever they are others. None: absent. */
  readonly certificates = new Map<string, string>();
  readonly #clusters = new Map<string, ClusterState>();
  readonly #byKey = new Map<string, ClusterState>();
  readonly #clusterOfInstance = new Map<string, ClusterState>();

  clusters(): IterableIterator<ClusterState> {
    return this.#clusters.values();
  }

  cluster(uid: string): ClusterState | undefined {
    return this.#clusters.get(uid);
  }

  clusterByKey(key: ClusterKey): ClusterState | undefined {
    return this.#byKey.get(clusterKeyText(key));
  }

  application(tenant: string, name: string): ApplicationRecord | undefined {
    return [...this.applications.values()].find((record) => record.tenant === tenant && record.name === name);
  }

  isBlocked({ record }: ClusterState): boolean {
    return this.blocked.has(record.applicationUid);
  }

  clustersOf(applicationUid: string): ClusterState[] {
    return [...this.#clusters.values()].filter((cluster) => cluster.record.applicationUid === applicationUid);
  }

  balancersOf(applicationUid: string): ClusterState[] {
    return this.clustersOf(applicationUid).filter((cluster) => cluster.isLoadBalancer);
  }

  clusterOfInstance(instance: string): ClusterState | undefined {
    return this.#clusterOfInstance.get(instance);
  }

  instance(uid: string): InstanceState | undefined {
    return this.#clusterOfInstance.get(uid)?.instances.get(uid);
  }

  instancesByState(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const cluster of this.#clusters.values()) {
      for (const { record } of cluster.live()) counts.set(record.state, (counts.get(record.state) ?? 0) + 1);
    }
    return counts;
  }

  addCluster(cluster: ClusterState): void {
    this.#clusters.set(cluster.record.uid, cluster);
    this.#byKey.set(cluster.keyText, cluster);
  }

  removeCluster(cluster: ClusterState): void {
    for (const uid of cluster.instances.keys()) this.#clusterOfInstance.delete(uid);
    this.#clusters.delete(cluster.record.uid);
    if (this.#byKey.get(cluster.keyText) === cluster) this.#byKey.delete(cluster.keyText);
  }

  addInstance(cluster: ClusterState, instance: InstanceState): void {
    cluster.instances.set(instance.record.uid, instance);
    this.#clusterOfInstance.set(instance.record.uid, cluster);
  }

  removeInstance(uid: string): void {
    this.#clusterOfInstance.get(uid)?.instances.delete(uid);
    this.#clusterOfInstance.delete(uid);
  }
}
