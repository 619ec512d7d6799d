/**
 * Source → build → artifact → release. Each build runs once a source, in a scratch copy; a failed one leaves the running
 * release alone. A build that a crash interrupted is run again from its source.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { EventType } from '../../domain/events/types.ts';
import { onItsOwn } from '../audit/scope.ts';
import { BuildError, CartwrightError, isForCallers, maskedText } from '../errors.ts';
import { openCredential } from '../credentials/credentials.ts';
import { cartridgeDocument } from '../fleet/cartridge-document.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterPlan, ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { Serial } from '../fleet/serial.ts';
import type { ArtifactStore, BuildFolders, Builder, SourceFetcher } from '../ports/artifacts.ts';
import type { BuildLog, BuildLogs } from '../ports/build-logs.ts';
import type { NewUid } from '../ports/clock.ts';
import type { PlacementRequest } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { BuildRecord, SourceRecord } from '../records/sources.ts';
import { BuildTurns } from './build-turns.ts';
import type { Releases } from './releases.ts';
import { isSameTree, type Origin } from './same-tree.ts';

export interface PipelineOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly fetcher: SourceFetcher;
  readonly vault: Pick<Vault, 'open'>;
  readonly artifacts: ArtifactStore;
  readonly builder: Builder;
  readonly logs: BuildLogs;
  readonly releases: Releases;
  readonly events: EventRecorder;
  /** Builds that a tenant may run at once. */
  readonly buildsAtOnce: (tenant: string) => Promise<number>;
  readonly folders: BuildFolders;
  /** Where a build of the service cluster goes that may use this much memory, if it does not run on this machine. */
  readonly placeFor: (cluster: ClusterState, memoryBytes: number) => Promise<PlacementRequest>;
  readonly logger: Logger;
  readonly observeDuration: (seconds: number, result: 'succeeded' | 'failed') => void;
  readonly now: () => number;
  readonly newUid: NewUid;
}

interface Submitted {
  readonly source: SourceRecord;
  readonly build: BuildRecord;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #turns: BuildTurns;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #submitting = new WeakMap<ClusterState, Serial>();
  /** By build that runs: what its service cluster was when it began. */
  readonly #plans = new Map<string, ClusterPlan>();

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#turns = new BuildTurns(options.buildsAtOnce);
  }

  /** Calls `listener` after each change of a build's record; returns a function that ends it. */
  onChange(build: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(build) ?? new Set();
    this.#listeners.set(build, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(build) === listeners) this.#listeners.delete(build);
    };
  }

  /**
   * Stores source and build and queues the build. The newest source of the service cluster, asked for again while its build is
   * queued or running, is not built twice: the answer is that build. `when`: asked in the service cluster's turn; null is
   * answered where it says no. Throws `RequestError` QUOTA_EXCEEDED when too many wait already.
   */
  submit(cluster: ClusterState, origin: Origin): Promise<Submitted>;
  submit(cluster: ClusterState, origin: Origin, when: () => Promise<boolean>): Promise<Submitted | null>;
  submit(cluster: ClusterState, origin: Origin, when = async (): Promise<boolean> => true): Promise<Submitted | null> {
    const turns = this.#submitting.get(cluster) ?? new Serial();
    this.#submitting.set(cluster, turns);
    return turns.run(async () => {
      if (!(await when())) return null;
      return (await this.#underWay(cluster, origin)) ?? this.#submit(cluster, origin);
    });
  }

  /** Throws `RequestError` QUOTA_EXCEEDED when no other build of the tenant is taken. */
  check(tenant: string): Promise<void> {
    return this.#turns.check(tenant);
  }

  async #underWay(cluster: ClusterState, origin: Origin): Promise<Submitted | undefined> {
    const { store } = this.#options;
    const filter = { cluster: cluster.record.uid };
    const [source] = await store.sources.find(filter, { newestFirst: true, limit: 1 });
    if (source === undefined || !isSameTree(source.origin, origin)) return undefined;
    const builds = await store.builds.find({ ...filter, source: source.uid, state: ['queued', 'running'] });
    const build = builds.find(({ uid, state }) => state === 'queued' || this.#isOfThePresent(cluster, uid));
    return build && { source, build };
  }

  /** Whether a build that runs was begun with what its service cluster is made of now. */
  #isOfThePresent({ plan }: ClusterState, build: string): boolean {
    const begun = this.#plans.get(build);
    const made = (of: ClusterPlan | undefined) => [of?.cartridge, of?.spec, of?.component?.start];
    return isDeepStrictEqual(made(begun), made(plan));
  }

  async #submit(cluster: ClusterState, origin: Origin): Promise<Submitted> {
    const { store, now, newUid } = this.#options;
    await this.check(cluster.record.tenant);
    const source: SourceRecord = {
      uid: newUid(now()),
      tenant: cluster.record.tenant,
      cluster: cluster.record.uid,
      createdAt: now(),
      origin,
    };
    const build: BuildRecord = {
      uid: newUid(now()),
      tenant: source.tenant,
      cluster: source.cluster,
      source: source.uid,
      state: 'queued',
      createdAt: now(),
      startedAt: null,
      finishedAt: null,
      artifact: null,
      error: null,
    };
    await store.transaction(async (tx) => {
      await tx.sources.save(source);
      await tx.builds.save(build);
      await tx.answer({ source, build });
    });
    this.#queue(build, source);
    return { source, build };
  }

  /** Queues again what a crash interrupted, of one service cluster or of all; what belongs to a blocked application waits. */
  async resume(of?: ClusterState): Promise<void> {
    const { store, fleet } = this.#options;
    const filter = of === undefined ? {} : { cluster: of.record.uid };
    for (const build of await store.builds.find({ ...filter, state: ['queued', 'running'] })) {
      const cluster = fleet.cluster(build.cluster);
      if (cluster !== undefined && fleet.isBlocked(cluster)) continue;
      const source = await store.sources.get(build.source);
      if (source !== undefined) this.#queue(build, source);
    }
  }

  /** Ends the builds under way; they are run again at the next start. */
  async close(): Promise<void> {
    this.#abort.abort();
    // Those that still wait for their turn see that it is over; cleared from the queue they would never settle.
    await Promise.all(this.#running);
  }

  #queue(build: BuildRecord, source: SourceRecord): void {
    const cluster = this.#options.fleet.cluster(build.cluster);
    const work = async (): Promise<void> => {
      if (cluster === undefined) await this.#cancel(build);
      else await cluster.builds.run(() => this.#turns.run(build.tenant, () => this.#run(cluster, build, source)));
    };
    const leave = this.#turns.enter(build.tenant);
    const run = onItsOwn(work)
      .catch((error: unknown) =>
        this.#options.logger.error({ build: build.uid, error }, 'a build could not be recorded'),
      )
      .finally(leave);
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  async #cancel(build: BuildRecord): Promise<void> {
    const { code, message } = new BuildError('BUILD_CANCELLED', 'its service cluster is gone');
    const reason = { code, message };
    const cancelled: BuildRecord = { ...build, state: 'failed', finishedAt: this.#options.now(), error: reason };
    await this.#save(cancelled, 'build.failed', { reason });
  }

  async #run(cluster: ClusterState, build: BuildRecord, source: SourceRecord): Promise<void> {
    const { store, fleet, logger, now } = this.#options;
    if (this.#abort.signal.aborted) return;
    if (fleet.cluster(build.cluster) !== cluster) return this.#cancel(build);
    const started: BuildRecord = { ...build, state: 'running', startedAt: now() };
    this.#plans.set(build.uid, cluster.plan);
    await this.#save(started, 'build.started', { cluster: cluster.keyText });
    const log = await this.#options.logs.begin(build.uid);
    try {
      const artifact = await this.#build(cluster, started, source, log, build.state === 'running');
      await store.artifacts.save({ uid: artifact.digest, bytes: artifact.bytes, createdAt: now() });
      // Before the build is called finished: one that ended between the two is run again, and its release is not made twice.
      await cluster.serial.run(() => this.#release(cluster, build, source, artifact.digest));
      const finished: BuildRecord = { ...started, state: 'succeeded', finishedAt: now(), artifact: artifact.digest };
      await this.#save(finished, 'build.succeeded', {
        cluster: cluster.keyText,
        artifact: artifact.digest,
        bytes: artifact.bytes,
      });
      this.#options.observeDuration((now() - (started.startedAt ?? now())) / 1000, 'succeeded');
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (!isForCallers(error))
        logger.error({ build: build.uid, error }, 'a build failed for a reason of the platform');
      const reason = reasonOf(error, build.uid);
      log.append(`${reason.code}: ${reason.message}`);
      this.#options.observeDuration((now() - (started.startedAt ?? now())) / 1000, 'failed');
      await this.#save({ ...started, state: 'failed', finishedAt: now(), error: reason }, 'build.failed', {
        cluster: cluster.keyText,
        reason,
      });
    } finally {
      this.#plans.delete(build.uid);
      await log.end();
    }
  }

  async #release(cluster: ClusterState, build: BuildRecord, source: SourceRecord, artifact: string): Promise<void> {
    const { fleet, releases } = this.#options;
    if (fleet.cluster(build.cluster) !== cluster || cluster.record.deletingSince !== null)
      throw new BuildError('BUILD_CANCELLED', `${cluster.keyText} is being deleted`);
    if ((await releases.ofBuild(cluster, build.uid)) !== undefined) return;
    await releases.create(cluster, { artifact, source: source.uid, build: build.uid, by: byOf(source) });
  }

  /** @param isResumed it was run before, by a control plane that ended */
  async #build(cluster: ClusterState, build: BuildRecord, source: SourceRecord, log: BuildLog, isResumed: boolean) {
    const { artifacts, builder, fetcher, folders, store, vault, placeFor } = this.#options;
    const { plan } = cluster;
    const scratch = await folders.scratch(build.uid);
    try {
      if (source.origin.kind === 'git') {
        log.append(`fetching ${source.origin.ref} at ${source.origin.commit.slice(0, 12)} of ${source.origin.url}`);
        const { credentials } = source.origin;
        const credential =
          credentials === undefined ? undefined : await openCredential(store, vault, source.tenant, credentials);
        await fetcher.checkout(
          {
            tenant: source.tenant,
            ...(credential === undefined ? {} : { credential }),
            url: source.origin.url,
            commit: source.origin.commit,
            ...(source.origin.directory === undefined ? {} : { directory: source.origin.directory }),
          },
          scratch.path,
        );
      } else {
        await artifacts.unpack(source.origin.digest, scratch.path, plan.spec.build.maximumBytes);
      }
      await builder.run(
        {
          build: build.uid,
          tenant: build.tenant,
          directory: scratch.path,
          cartridgeDirectory: plan.cartridge.directory,
          isResumed,
          service: {
            application: cluster.record.application,
            alias: cluster.record.alias,
            cluster: cluster.record.uid,
            cartridge: cartridgeDocument(plan),
          },
          placeFor: (memoryBytes) => placeFor(cluster, memoryBytes),
          hook: plan.spec.hooks.build,
          environment: { ...plan.spec.environment },
          start: plan.component?.start,
          cacheDirectory: folders.cache(cluster.record.uid),
          timeoutSeconds: plan.spec.build.timeoutSeconds,
          maximumBytes: plan.spec.build.maximumBytes,
        },
        (line) => log.append(line),
        this.#abort.signal,
      );
      return await artifacts.pack(scratch.path);
    } finally {
      await scratch.remove();
    }
  }

  async #save(build: BuildRecord, type: EventType, data: Record<string, unknown>): Promise<void> {
    await this.#options.events.change((tx) => tx.builds.save(build), {
      tenant: build.tenant,
      subject: subjectOf.build(build),
      type,
      cause: build.source,
      data,
    });
    for (const listener of [...(this.#listeners.get(build.uid) ?? [])]) listener();
  }
}

function byOf(source: SourceRecord): string {
  return source.origin.kind === 'git' ? source.origin.author : source.origin.by;
}

/** Nothing of the inside of the platform: the reason is seen by everybody of the tenant, and by receivers of notices. */
function reasonOf(error: unknown, build: string): NonNullable<BuildRecord['error']> {
  if (isForCallers(error)) return { code: error.code, message: error.message };
  const code = error instanceof CartwrightError ? error.code : undefined;
  return { code: code ?? 'BUILD_FAILED', message: maskedText(code, build) };
}
