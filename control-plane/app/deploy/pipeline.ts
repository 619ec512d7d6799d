/**
 * Source → build → artifact → release. Each build runs once a source, in a scratch copy; a failed one leaves the running
 * release alone. A build that a crash interrupted is run again from its source.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { newUid } from '../../../schema/ids.ts';
import { CartwrightError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { Signal } from '../fleet/signal.ts';
import type { ArtifactStore, Builder, SourceFetcher } from '../ports/artifacts.ts';
import type { BuildLogs } from '../ports/build-logs.ts';
import type { Store } from '../ports/store.ts';
import type { BuildRecord, SourceRecord } from '../records.ts';
import type { Releases } from './releases.ts';

const BUILDS_AT_ONCE = 2;

export interface PipelineOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly fetcher: SourceFetcher;
  readonly artifacts: ArtifactStore;
  readonly builder: Builder;
  readonly logs: BuildLogs;
  readonly releases: Releases;
  readonly events: EventRecorder;
  /** Folder for scratch copies and build caches. */
  readonly directory: string;
  readonly logger: Logger;
  readonly observeDuration: (seconds: number, result: 'succeeded' | 'failed') => void;
  readonly now: () => number;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #limit = pLimit(BUILDS_AT_ONCE);
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #changed = new Map<string, Signal>();

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Wakes those who follow a build. */
  signalOf(build: string): Signal {
    let signal = this.#changed.get(build);
    if (signal === undefined) {
      signal = new Signal();
      this.#changed.set(build, signal);
    }
    return signal;
  }

  /** Stores source and build and queues the build. */
  async submit(
    cluster: ClusterState,
    origin: SourceRecord['origin'],
  ): Promise<{ source: SourceRecord; build: BuildRecord }> {
    const { store, now } = this.#options;
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
    });
    this.#queue(build, source);
    return { source, build };
  }

  /** Queues again what a crash interrupted. */
  async resume(): Promise<void> {
    for (const build of await this.#options.store.builds.find({ state: ['queued', 'running'] })) {
      const source = await this.#options.store.sources.get(build.source);
      if (source !== undefined) this.#queue(build, source);
    }
  }

  /** Ends the builds under way; they are run again at the next start. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#limit.clearQueue();
    await Promise.all(this.#running);
  }

  #queue(build: BuildRecord, source: SourceRecord): void {
    const run = this.#limit(() => this.#run(build, source)).catch((error: unknown) =>
      this.#options.logger.error({ build: build.uid, error }, 'a build could not be recorded'),
    );
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  async #run(build: BuildRecord, source: SourceRecord): Promise<void> {
    const { store, fleet, releases, events, logger, now } = this.#options;
    const cluster = fleet.cluster(build.cluster);
    if (cluster === undefined || this.#abort.signal.aborted) return;
    const started: BuildRecord = { ...build, state: 'running', startedAt: now() };
    await this.#save(started);
    events.record({
      tenant: build.tenant,
      subject: subjectOf.build(build),
      type: 'build.started',
      cause: source.uid,
      data: { cluster: cluster.keyText },
    });
    try {
      const artifact = await this.#build(cluster, started, source);
      await store.artifacts.save({ uid: artifact.digest, bytes: artifact.bytes, createdAt: now() });
      const finished: BuildRecord = { ...started, state: 'succeeded', finishedAt: now(), artifact: artifact.digest };
      await this.#save(finished);
      this.#options.observeDuration((now() - (started.startedAt ?? now())) / 1000, 'succeeded');
      await cluster.serial.run(() =>
        releases.create(cluster, { artifact: artifact.digest, source: source.uid, build: build.uid, by: byOf(source) }),
      );
      events.record({
        tenant: build.tenant,
        subject: subjectOf.build(build),
        type: 'build.succeeded',
        cause: source.uid,
        data: { artifact: artifact.digest, bytes: artifact.bytes },
      });
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const known = error instanceof CartwrightError;
      if (!known) logger.error({ build: build.uid, error }, 'a build failed for a reason of the platform');
      const reason = { code: known ? error.code : 'BUILD_FAILED', message: (error as Error).message };
      this.#options.logs.append(build.uid, `${reason.code}: ${reason.message}`);
      this.#options.observeDuration((now() - (started.startedAt ?? now())) / 1000, 'failed');
      await this.#save({ ...started, state: 'failed', finishedAt: now(), error: reason });
      events.record({
        tenant: build.tenant,
        subject: subjectOf.build(build),
        type: 'build.failed',
        cause: source.uid,
        data: { reason },
      });
    }
  }

  async #build(cluster: ClusterState, build: BuildRecord, source: SourceRecord) {
    const { artifacts, builder, fetcher, logs, directory } = this.#options;
    const { plan } = cluster;
    await mkdir(join(directory, 'scratch'), { recursive: true });
    const scratch = await mkdtemp(join(directory, 'scratch', `${build.uid}-`));
    try {
      if (source.origin.kind === 'git') {
        const git = plan.component?.source?.git;
        logs.append(
          build.uid,
          `fetching ${source.origin.ref} at ${source.origin.commit.slice(0, 12)} of ${source.origin.url}`,
        );
        await fetcher.checkout(
          {
            url: source.origin.url,
            commit: source.origin.commit,
            ...(git?.directory === undefined ? {} : { directory: git.directory }),
          },
          scratch,
        );
      } else {
        await artifacts.unpack(source.origin.digest, scratch, plan.spec.build.maximumBytes);
      }
      await builder.run(
        {
          build: build.uid,
          directory: scratch,
          cartridgeDirectory: plan.cartridge.directory,
          hook: plan.spec.hooks.build,
          environment: { ...plan.spec.environment },
          cacheDirectory: join(directory, 'cache', cluster.record.uid),
          timeoutSeconds: plan.spec.build.timeoutSeconds,
          maximumBytes: plan.spec.build.maximumBytes,
        },
        (line) => logs.append(build.uid, line),
        this.#abort.signal,
      );
      return await artifacts.pack(scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async #save(build: BuildRecord): Promise<void> {
    await this.#options.store.builds.save(build);
    this.signalOf(build.uid).notify();
    if (build.state === 'succeeded' || build.state === 'failed') this.#changed.delete(build.uid);
  }
}

function byOf(source: SourceRecord): string {
  return source.origin.kind === 'git' ? source.origin.author : source.origin.by;
}
