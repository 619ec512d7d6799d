/**
 * Keeps the retained documents of every service cluster equal to what is wanted.
 *
 * The database is the truth and not the broker: after each connect every document is published again, with a new generation,
 * so that agents and load balancers acknowledge anew. The epoch is the holder's fencing number, which rises with each start,
 * so a document of this holder is never taken for an older one.
 */
import type { Logger } from 'pino';
import { NO_CERTIFICATES } from '../../../schema/agent/certificates.ts';
import { encode } from '../../../schema/mqtt/payload.ts';
import { clusterTopic, instanceTopic, type InstanceKey } from '../../../schema/mqtt/topics.ts';
import type { Command } from '../../../schema/mqtt/command.ts';
import type { DesiredRelease } from '../../../schema/mqtt/desired.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { Serial } from '../fleet/serial.ts';
import type { Messaging } from '../ports/messaging.ts';
import type { Repositories } from '../ports/store.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { ArtifactRecord } from '../records/sources.ts';
import { desiredRelease, makeDesired, metadataOf, makeTopology, type Endpoints } from './documents.ts';

export interface PublisherOptions {
  readonly fleet: Fleet;
  readonly messaging: Messaging;
  readonly store: Pick<Repositories, 'artifacts'>;
  readonly endpoints: Endpoints;
  /** Version of the metadata that a service cluster's instances shall have; null: none was ever set. */
  readonly metadataVersion: (cluster: ClusterState) => string | null;
  readonly epoch: number;
  readonly reportIntervalSeconds: number;
  readonly logger: Logger;
}

interface Published {
  desired: string;
  topology: string;
}

export class Publisher {
  readonly #options: PublisherOptions;
  /** What was last published of each service cluster in this connection, without the generation. */
  readonly #published = new Map<string, Published>();
  /** By release. They never change, and with them known nothing waits for a database that is away. */
  readonly #artifacts = new Map<string, ArtifactRecord>();
  readonly #cleared = new WeakSet<ClusterState>();
  /** One at a time a service cluster: of two at once the older state could be published last. */
  readonly #serials = new WeakMap<ClusterState, Serial>();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** After a connect nothing that was published before counts. */
  forgetAll(): void {
    this.#published.clear();
  }

  async publishAll(): Promise<void> {
    for (const cluster of this.#options.fleet.clusters()) await this.publish(cluster);
  }

  /** Publishes what has changed of one service cluster. A failure is logged and made up for by the next call. */
  publish(cluster: ClusterState): Promise<void> {
    return this.#serial(cluster).run(() => this.#publish(cluster));
  }

  async #publish(cluster: ClusterState): Promise<void> {
    const { fleet, messaging } = this.#options;
    if (!messaging.isConnected || fleet.isBlocked(cluster)) return;
    if (cluster.record.deletingSince === null) this.#cleared.delete(cluster);
    else if (this.#cleared.has(cluster)) return;
    try {
      await this.#publishTopology(cluster);
      await this.#publishDesired(cluster);
    } catch (error) {
      this.#options.logger.warn(
        { cluster: cluster.keyText, error: (error as Error).message },
        'publishing failed; it is tried again',
      );
    }
  }

  async #publishDesired(cluster: ClusterState): Promise<void> {
    const { epoch, endpoints, metadataVersion, reportIntervalSeconds } = this.#options;
    // Read together, before anything is waited for: a mixture of before and after a promotion is a release that nobody asked for.
    const { stable, candidate, rollout, record } = cluster;
    const parts = {
      uid: record.uid,
      epoch,
      stable: await this.#release(stable),
      candidate: await this.#release(candidate),
      metadata: metadataOf(metadataVersion(cluster), endpoints),
      candidateInstances: rollout?.instances ?? [],
      reportIntervalSeconds,
    };
    const text = JSON.stringify(parts);
    const published = this.#entry(cluster);
    if (published.desired === text) return;
    cluster.desiredGeneration += 1;
    const document = makeDesired({ ...parts, generation: cluster.desiredGeneration });
    await this.#options.messaging.publish(clusterTopic(cluster.key, 'desired'), encode(document));
    published.desired = text;
  }

  async #publishTopology(cluster: ClusterState): Promise<void> {
    const { epoch, fleet, endpoints } = this.#options;
    const certificates = {
      revision: fleet.certificates.get(cluster.record.applicationUid) ?? NO_CERTIFICATES,
      url: `${endpoints.controlPlane.replace(/\/$/, '')}/certificates`,
    };
    const aliases = fleet.clustersOf(cluster.record.applicationUid).map(({ record }) => record.alias);
    const text = JSON.stringify(makeTopology(cluster, aliases, epoch, 0, certificates));
    const published = this.#entry(cluster);
    if (published.topology === text) return;
    cluster.topologyGeneration += 1;
    const document = makeTopology(cluster, aliases, epoch, cluster.topologyGeneration, certificates);
    await this.#options.messaging.publish(clusterTopic(cluster.key, 'topology'), encode(document));
    published.topology = text;
    cluster.publishedDraining = new Set(
      document.members.filter((member) => member.state === 'draining').map((member) => member.instance),
    );
  }

  async sendCommand(key: InstanceKey, command: Command): Promise<void> {
    await this.#options.messaging.publish(instanceTopic(key, 'command'), encode(command));
  }

  /** Clears the retained topics of an instance that is gone for good. */
  async clearInstance(key: InstanceKey): Promise<void> {
    if (!this.#options.messaging.isConnected) return;
    await this.#options.messaging.clear(instanceTopic(key, 'status'));
    await this.#options.messaging.clear(instanceTopic(key, 'artifact'));
  }

  /**
   * Clears the retained topics of a service cluster that is being deleted; from then on it is not published any more. False when
   * the broker is away or does not confirm: what it retains is to be cleared when it is back.
   */
  clearCluster(cluster: ClusterState): Promise<boolean> {
    return this.#serial(cluster).run(async () => {
      const { messaging, logger } = this.#options;
      this.#published.delete(cluster.record.uid);
      this.#cleared.add(cluster);
      if (!messaging.isConnected) return false;
      try {
        await messaging.clear(clusterTopic(cluster.key, 'desired'));
        await messaging.clear(clusterTopic(cluster.key, 'topology'));
        return true;
      } catch (error) {
        logger.info(
          { cluster: cluster.keyText, error: (error as Error).message },
          'retained topics were not cleared; it is tried again',
        );
        return false;
      }
    });
  }

  #serial(cluster: ClusterState): Serial {
    const serial = this.#serials.get(cluster) ?? new Serial();
    this.#serials.set(cluster, serial);
    return serial;
  }

  async #release(release: ReleaseRecord | null): Promise<DesiredRelease | null> {
    return release === null ? null : this.asPublished(release);
  }

  /** A release as agents are told of it. */
  async asPublished(release: ReleaseRecord): Promise<DesiredRelease> {
    return desiredRelease(release, await this.#artifact(release), this.#options.endpoints);
  }

  async #artifact({ uid, artifact: digest }: ReleaseRecord): Promise<ArtifactRecord | undefined> {
    if (digest === null) return undefined;
    const known = this.#artifacts.get(uid);
    if (known?.uid === digest) return known;
    const artifact = await this.#options.store.artifacts.get(digest);
    if (artifact !== undefined) this.#artifacts.set(uid, artifact);
    return artifact;
  }

  #entry(cluster: ClusterState): Published {
    let entry = this.#published.get(cluster.record.uid);
    if (entry === undefined) {
      entry = { desired: '', topology: '' };
      this.#published.set(cluster.record.uid, entry);
    }
    return entry;
  }
}
