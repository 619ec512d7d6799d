/** Makes releases and begins their roll-outs. */
import { isDeepStrictEqual } from 'node:util';
import { canonicalConfiguration } from '../../../schema/agent/configuration-digest.ts';
import { releaseCartridge, type ReleaseConfiguration } from '../../../schema/agent/instance.ts';
import { cartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import type { EventType } from '../../domain/events/types.ts';
import { releaseEnvironment } from '../../domain/releases/environment.ts';
import { askedVariables } from '../configuration/asked.ts';
import { isRevokedSince } from '../configuration/release-secrets.ts';
import type { EventRecorder, Happening } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Runtimes } from '../ports/runtimes.ts';
import type { Store, Transaction } from '../ports/store.ts';
import type { ReleaseHooks } from '../tasks/release-hook.ts';
import type { Quotas } from '../tenants/quotas.ts';
import { notedPolicies } from './noted-policies.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { ReleaseRecord, RolloutRecord } from '../records/releases.ts';

export interface ReleasesOptions {
  readonly store: Store;
  readonly events: EventRecorder;
  readonly quotas: Pick<Quotas, 'left'>;
  readonly hooks: ReleaseHooks;
  readonly runtimes: Pick<Runtimes, 'imageOf'>;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly now: () => number;
  readonly newUid: NewUid;
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

  /**
   * Makes the release that the manifests ask for where the newest one is another: what needs no artifact has one at once, and
   * a changed configuration is a new release with the same artifact. Null when there is nothing to do.
   */
  async ensure(cluster: ClusterState, by = 'apply'): Promise<ReleaseRecord | null> {
    const present = presentOf(cluster);
    if (present === null) {
      if (cluster.plan.spec.artifact.required) return null;
      return this.create(cluster, { artifact: null, source: null, build: null, by: 'platform' });
    }
    // Compared with the newest and not with what runs: after a rollback that is an older one, and shall stay.
    const newest = (await this.#newestOfItsOwn(cluster)) ?? present;
    const asked = await this.#configuration(cluster, newest.uid);
    const isSame =
      isDeepStrictEqual(fixedBy(newest.configuration), fixedBy(asked)) && !isOtherImage(newest, cluster.plan.cartridge);
    if (isSame && !(await isRevokedSince(this.#options.store, present, newest.createdAt))) return null;
    return this.replace(cluster, present, by);
  }

  /** A release with the artifact of another one and the configuration that is asked for now. */
  replace(cluster: ClusterState, { artifact, source, build }: ReleaseRecord, by: string): Promise<ReleaseRecord> {
    return this.create(cluster, { artifact, source, build, by });
  }

  /** The release that a build was made into, if it was. */
  async ofBuild(cluster: ClusterState, build: string): Promise<ReleaseRecord | undefined> {
    const [release] = await this.#options.store.releases.find({ cluster: cluster.record.uid, build }, { limit: 1 });
    return release;
  }

  async #newest(cluster: ClusterState): Promise<ReleaseRecord | undefined> {
    const filter = { cluster: cluster.record.uid };
    const [newest] = await this.#options.store.releases.find(filter, { newestFirst: true, limit: 1 });
    return newest;
  }

  /** Without restarts: they were asked for by nobody's manifest, and after a rollback are what is older. */
  async #newestOfItsOwn(cluster: ClusterState): Promise<ReleaseRecord | undefined> {
    const filter = { cluster: cluster.record.uid, restartOf: null };
    const [newest] = await this.#options.store.releases.find(filter, { newestFirst: true, limit: 1 });
    return newest;
  }

  /**
   * Begins the roll-out of the stable release once more, as a release of its own, that only starts its instances anew: its hook
   * `release` is not run again. To be called while no roll-out is under way.
   */
  async again(
    cluster: ClusterState,
    stable: ReleaseRecord,
    by: string,
    told: (release: ReleaseRecord) => Happening,
  ): Promise<RolloutRecord> {
    const { now, newUid } = this.#options;
    const uid = newUid(now());
    const configuration = { ...stable.configuration, release: uid };
    const release: ReleaseRecord = {
      ...stable,
      ...{ uid, number: ((await this.#newest(cluster)) ?? stable).number + 1, createdAt: now(), createdBy: by },
      ...{ configuration, configurationDigest: canonicalConfiguration(configuration).digest },
      ...{ restartOf: stable.restartOf ?? stable.uid, state: 'candidate' },
    };
    const store = async (tx: Transaction, rollout: RolloutRecord): Promise<void> => {
      await tx.releases.save(release);
      await tx.answer(rollout);
    };
    return this.rollOut(cluster, release, store, told(release), {
      ...{ tenant: release.tenant, subject: subjectOf.release(release), type: 'release.created', cause: uid },
      data: { cluster: cluster.keyText },
    });
  }

  /** Stores a new release of a service cluster; its roll-out begins when none is under way. */
  async create(cluster: ClusterState, content: ReleaseContent): Promise<ReleaseRecord> {
    const { events, now, newUid } = this.#options;
    const last = await this.#newest(cluster);
    const uid = newUid(now());
    const configuration = await this.#configuration(cluster, uid);
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
      cartridge: cartridgeFixed(cluster.plan.cartridge, this.#options.runtimes),
      configuration,
      configurationDigest: canonicalConfiguration(configuration).digest,
      policies: await notedPolicies(this.#options.store, cluster),
      restartOf: null,
      state: 'candidate',
    };
    const superseded = cluster.pending;
    await events.change(
      async (tx) => {
        await tx.releases.save(release);
        await supersede(tx, superseded);
      },
      {
        tenant: release.tenant,
        subject: subjectOf.release(release),
        type: 'release.created',
        cause: content.build,
        data: { cluster: cluster.keyText },
      },
    );
    this.#queue(cluster, release);
    return release;
  }

  /** The environment, secrets, start, readiness and logs that a release fixes; a change of one of them makes a new release. */
  async #configuration(cluster: ClusterState, release: string): Promise<ReleaseConfiguration> {
    const { component, logs } = cluster.plan;
    const { environment, secrets } = releaseEnvironment(await askedVariables(this.#options.store, cluster));
    return {
      v: secrets.length === 0 ? 1 : 2,
      release,
      environment: { ...environment },
      ...(component?.start === undefined ? {} : { start: component.start }),
      ...(component?.readiness === undefined ? {} : { readiness: component.readiness }),
      ...(secrets.length === 0 ? {} : { secrets: [...secrets] }),
      ...(logs.length === 0 ? {} : { logs: [...logs] }),
      ...fixedCartridge(cluster.plan.cartridge),
    };
  }

  #queue(cluster: ClusterState, release: ReleaseRecord): void {
    cluster.pending = release;
    cluster.changed.notify();
    this.#options.markDirty(cluster);
  }

  /** Begins the roll-out of the pending release, where there is one and none is under way. One that is stopped keeps it until it is started. */
  async begin(cluster: ClusterState): Promise<void> {
    if (cluster.record.stopped !== null) return;
    const release = cluster.pending;
    if (release === null || cluster.rollout !== null || cluster.record.deletingSince !== null) return;
    if (release.uid === cluster.record.stableRelease) {
      // Asked for while a roll-out was under way that has come back to it.
      cluster.pending = null;
      return;
    }
    const hook = await this.#options.hooks.state(cluster, release);
    if (hook.kind === 'failed') await this.leaveOut(cluster, release, hook.reason);
    if (hook.kind === 'done') await this.rollOut(cluster, release, async () => undefined);
  }

  /** What runs is left alone: the release gets a roll-out that has returned before it began, with the reason. */
  async leaveOut(
    cluster: ClusterState,
    release: ReleaseRecord,
    reason: RolloutRecord['reason'],
    also: (tx: Transaction, rollout: RolloutRecord) => Promise<void> = async () => undefined,
  ): Promise<RolloutRecord> {
    const { events } = this.#options;
    const rollout: RolloutRecord = {
      ...this.#rollout(cluster, release),
      state: 'returned',
      finishedAt: this.#options.now(),
      reason,
    };
    await events.change(
      async (tx) => {
        await tx.releases.save({ ...release, state: 'returned' });
        await tx.rollouts.save(rollout);
        await also(tx, rollout);
      },
      toldOf(cluster, rollout, 'rollout.returned', { reason }),
    );
    if (cluster.pending?.uid === release.uid) cluster.pending = null;
    cluster.changed.notify();
    return rollout;
  }

  #rollout(cluster: ClusterState, release: ReleaseRecord): RolloutRecord {
    const { now, newUid } = this.#options;
    return {
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
  }

  /**
   * Begins the roll-out of a release; to be called while none is under way. `also` is stored in the same transaction, told by
   * `happenings`, which come first.
   */
  async rollOut(
    cluster: ClusterState,
    release: ReleaseRecord,
    also: (tx: Transaction, rollout: RolloutRecord) => Promise<void>,
    ...happenings: readonly Happening[]
  ): Promise<RolloutRecord> {
    const { events } = this.#options;
    const isFirst = cluster.record.stableRelease === null;
    const rollout = this.#rollout(cluster, release);
    const record = isFirst
      ? {
          ...cluster.record,
          stableRelease: release.uid,
          wanted: firstWanted(cluster, await this.#options.quotas.left(cluster)),
        }
      : { ...cluster.record, candidateRelease: release.uid };
    await events.change(
      async (tx) => {
        await also(tx, rollout);
        await tx.rollouts.save(rollout);
        await tx.clusters.save(record);
      },
      ...happenings,
      toldOf(cluster, rollout, 'rollout.started'),
    );
    cluster.record = record;
    cluster.rollout = rollout;
    cluster.pending = null;
    if (isFirst) cluster.stable = release;
    else cluster.candidate = release;
    // A broken first release must not hold up the starts of the one that mends it.
    cluster.startBackoff = null;
    cluster.changed.notify();
    return rollout;
  }
}

function toldOf(
  { record }: ClusterState,
  rollout: RolloutRecord,
  type: EventType,
  data: Readonly<Record<string, unknown>> = {},
): Happening {
  const { uid, from, to } = rollout;
  return {
    tenant: record.tenant,
    subject: subjectOf.cluster(record),
    type,
    cause: to,
    data: { rollout: uid, from, to, ...data },
  };
}

/** A release that waited, and that another one took the place of, is again what it was before it was asked for. */
export async function supersede(
  tx: Pick<Store, 'releases' | 'rollouts'>,
  waiting: ReleaseRecord | null,
): Promise<void> {
  if (waiting?.state !== 'candidate') return;
  const past = await tx.rollouts.find({ cluster: waiting.cluster, to: waiting.uid });
  const hasRun = past.some(({ state }) => state === 'succeeded');
  const state = hasRun ? 'superseded' : past.length > 0 ? 'returned' : 'skipped';
  await tx.releases.save({ ...waiting, state });
}

function cartridgeFixed(
  { name, digest, manifest }: CartridgeRecord,
  runtimes: ReleasesOptions['runtimes'],
): ReleaseRecord['cartridge'] {
  // The platform's own balancer is upgraded with it.
  const image = manifest.spec.category === 'load-balancer' ? undefined : runtimes.imageOf?.(manifest);
  return {
    ...{ name, version: manifest.spec.version },
    ...(digest === null ? {} : { digest }),
    ...(image === undefined ? {} : { image }),
  };
}

/** Where there is no artifact, the image that was applied is what is deployed. */
function isOtherImage({ artifact, cartridge: { image } }: ReleaseRecord, { manifest }: CartridgeRecord): boolean {
  const asked = manifest.spec.image;
  return artifact === null && image !== undefined && asked !== undefined && asked !== image;
}

/** What the release keeps of its cartridge; nothing where that has no versions, and of the platform's own balancer, which is upgraded with it. */
function fixedCartridge({ name, digest, manifest }: CartridgeRecord): Pick<ReleaseConfiguration, 'cartridge'> {
  if (digest === null || manifest.spec.category === 'load-balancer') return {};
  const { version, hooks, environment, readiness, health, stopSignal, hookTimeoutSeconds } = manifest.spec;
  const spec = { hooks, environment, readiness, health, stopSignal, hookTimeoutSeconds };
  // As it is stored and read again: without what is undefined.
  return { cartridge: releaseCartridge.parse(JSON.parse(JSON.stringify({ name, version, digest, spec }))) };
}

/** What runs, or is about to. */
export function presentOf({ pending, candidate, stable }: ClusterState): ReleaseRecord | null {
  return pending ?? candidate ?? stable;
}

/** What a release fixes, with today's defaults, so that a default that came later is no change. */
function fixedBy({ environment, start, readiness, secrets, logs }: ReleaseConfiguration) {
  return {
    environment,
    start: start ?? null,
    readiness: cartridgeSpec.shape.readiness.parse(readiness) ?? null,
    secrets: secrets ?? [],
    logs: logs ?? [],
  };
}

/** The policy's minimum, as far as the tenant's quota leaves it. */
function firstWanted({ record, plan }: ClusterState, left: number): number {
  return Math.min(Math.max(record.wanted, plan.effective.policy.minimum, 1), left);
}
