/** Makes releases and begins their roll-outs. */
import { newUid } from '../../../schema/ids.ts';
import { canonicalConfiguration } from '../../../schema/agent/configuration-digest.ts';
import type { ReleaseConfiguration } from '../../../schema/agent/instance.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Store } from '../ports/store.ts';
import type { ReleaseRecord, RolloutRecord } from '../records.ts';

export interface ReleasesOptions {
  readonly store: Store;
  readonly events: EventRecorder;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly now: () => number;
}

export interface ReleaseContent {
  readonly artifact: string | null;
  readonly source: string | null;
  readonly build: string | null;
  readonly by: string;
}

export class Releases {
  readonly #options: ReleasesOptions;

  constructor(options: ReleasesOptions) {
    this.#options = options;
  }

  /** Stores a new release of a service cluster; its roll-out begins when none is under way. */
  async create(cluster: ClusterState, content: ReleaseContent): Promise<ReleaseRecord> {
    const { store, events, now } = this.#options;
    const [last] = await store.releases.find({ cluster: cluster.record.uid }, { newestFirst: true, limit: 1 });
    const uid = newUid(now());
    const configuration = this.#configuration(cluster, uid);
    const release: ReleaseRecord = {
      uid,
      tenant: cluster.record.tenant,
      cluster: cluster.record.uid,
      number: (last?.number ?? 0) + 1,
      createdAt: now(),
      createdBy: content.by,
      artifact: content.artifact,
      source: content.source,
      build: content.build,
      cartridge: { name: cluster.plan.cartridge.name, version: cluster.plan.spec.version },
      configuration,
      configurationDigest: canonicalConfiguration(configuration).digest,
      state: 'candidate',
    };
    const superseded = cluster.pending;
    await store.transaction(async (tx) => {
      await tx.releases.save(release);
      if (superseded !== null && superseded.state === 'candidate')
        await tx.releases.save({ ...superseded, state: 'superseded' });
    });
    events.record({
      tenant: release.tenant,
      subject: subjectOf.release(release),
      type: 'release.created',
      cause: content.build,
      data: { cluster: cluster.keyText },
    });
    this.#queue(cluster, release);
    return release;
  }

  /** Rolls out a release that exists already. */
  async again(cluster: ClusterState, number: number): Promise<ReleaseRecord> {
    const [release] = await this.#options.store.releases.find({ cluster: cluster.record.uid, number });
    if (release === undefined)
      throw new RequestError('NOT_FOUND', `${cluster.keyText} has no release ${number}; see its releases`, {
        field: 'releaseNumber',
      });
    if (release.uid === cluster.record.stableRelease && cluster.rollout === null) {
      throw new RequestError('CONFLICT', `release ${number} of ${cluster.keyText} is running already`, {
        field: 'releaseNumber',
      });
    }
    this.#queue(cluster, release);
    return release;
  }

  /** The environment, start and readiness that a release fixes; a change of one of them makes a new release. */
  #configuration(cluster: ClusterState, release: string): ReleaseConfiguration {
    const { component } = cluster.plan;
    return {
      v: 1,
      release,
      environment: component?.environment ?? {},
      ...(component?.start === undefined ? {} : { start: component.start }),
      ...(component?.readiness === undefined ? {} : { readiness: component.readiness }),
    };
  }

  #queue(cluster: ClusterState, release: ReleaseRecord): void {
    cluster.pending = release;
    cluster.changed.notify();
    this.#options.markDirty(cluster);
  }

  /** Begins the roll-out of the pending release, where there is one and none is under way. */
  async begin(cluster: ClusterState): Promise<void> {
    const { store, events, now } = this.#options;
    const release = cluster.pending;
    if (release === null || cluster.rollout !== null || cluster.record.deletingSince !== null) return;
    const isFirst = cluster.record.stableRelease === null;
    const rollout: RolloutRecord = {
      uid: newUid(now()),
      tenant: cluster.record.tenant,
      cluster: cluster.record.uid,
      from: cluster.record.stableRelease,
      to: release.uid,
      state: 'running',
      createdAt: now(),
      finishedAt: null,
      reason: null,
      instances: [],
    };
    const record = isFirst
      ? {
          ...cluster.record,
          stableRelease: release.uid,
          wanted: Math.max(cluster.record.wanted, cluster.plan.effective.policy.minimum, 1),
        }
      : { ...cluster.record, candidateRelease: release.uid };
    await store.transaction(async (tx) => {
      await tx.rollouts.save(rollout);
      await tx.clusters.save(record);
    });
    cluster.record = record;
    cluster.rollout = rollout;
    cluster.pending = null;
    if (isFirst) cluster.stable = release;
    else cluster.candidate = release;
    // A broken first release must not hold up the starts of the one that mends it.
    cluster.startBackoff = null;
    events.record({
      tenant: record.tenant,
      subject: subjectOf.cluster(record),
      type: 'rollout.started',
      cause: release.uid,
      data: { rollout: rollout.uid, from: rollout.from, to: rollout.to },
    });
    cluster.changed.notify();
  }
}
