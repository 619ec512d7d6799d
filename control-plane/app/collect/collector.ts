/**
 * Removes what nothing needs any more of sources, builds, artifacts and releases: soon after the start, on and on, and when an
 * application is gone. Decided by {@link planCollection}; records first, then files, so that a crash in between leaves files
 * that the next collection finds, and never a record whose file is gone.
 */
import type { Logger } from 'pino';
import type { CacheBounds } from '../../domain/collection/caches.ts';
import { FILE_KINDS, type FileKind, type OnDisk, type RecordKind } from '../../domain/collection/holdings.ts';
import { GRACE_MILLISECONDS, planCollection } from '../../domain/collection/plan-collection.ts';
import type { EventRecorder } from '../events.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { Serial } from '../fleet/serial.ts';
import type { ArtifactStore, BuildFolders, SourceFetcher } from '../ports/artifacts.ts';
import type { BuildLogs } from '../ports/build-logs.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Store } from '../ports/store.ts';
import { readRecords, removeRecords } from './records.ts';

const FIRST_MILLISECONDS = 30_000;
const EVERY_MILLISECONDS = 10 * 60_000;
/** After an application is gone: others of a tenant that is being deleted may follow. */
const SOON_MILLISECONDS = 5000;

export interface CollectorOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly artifacts: Pick<ArtifactStore, 'list' | 'delete'>;
  readonly buildLogs: Pick<BuildLogs, 'list' | 'remove'>;
  readonly buildFolders: Pick<BuildFolders, 'caches' | 'removeCache'>;
  readonly fetcher: Pick<SourceFetcher, 'mirrors' | 'mirrorOf' | 'removeMirror'>;
  readonly maximumArchiveBytes: number;
  readonly cacheBounds: CacheBounds;
  /** Held while records go: who begins to use what may be among them does so in its turn. */
  readonly gate: Serial;
  /** Throws when another control plane has taken over. */
  readonly assertHolder: () => Promise<void>;
  readonly events: EventRecorder;
  readonly metrics: Pick<Metrics, 'collected' | 'archives'>;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface Collected {
  readonly records: Readonly<Record<RecordKind, number>>;
  readonly files: Readonly<Record<FileKind, { readonly count: number; readonly bytes: number }>>;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #turns = new Serial();
  readonly #timers = new Set<Timer>();
  #running: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock } = this.#options;
    this.#in(FIRST_MILLISECONDS);
    this.#timers.add(clock.setInterval(() => this.#begin(), EVERY_MILLISECONDS));
  }

  /** Something is gone: what it leaves follows in a moment, and what is too fresh for that when it is not any more. */
  soon(): void {
    this.#in(SOON_MILLISECONDS);
    this.#in(SOON_MILLISECONDS + GRACE_MILLISECONDS);
  }

  /** Runs `work` while nothing is collected. */
  whilePaused<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work);
  }

  /** One collection. */
  run(): Promise<Collected> {
    return this.#turns.run(() => this.#run());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    await this.#running;
  }

  #in(milliseconds: number): void {
    if (this.#isClosed) return;
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      this.#begin();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#running = this.run().catch((error: unknown) =>
      this.#options.logger.error({ error }, 'what is not needed any more could not be removed; it is tried again'),
    );
  }

  async #run(): Promise<Collected> {
    const { store, fetcher, gate, clock, assertHolder, maximumArchiveBytes, cacheBounds, metrics } = this.#options;
    // Before the records: what comes to the disk meanwhile is not in the list, and so not removed.
    const disk = await this.#list();
    const { records, files } = await gate.run(async () => {
      const limits = { now: clock.now(), maximumArchiveBytes, cacheBounds };
      const plan = planCollection(await readRecords(store, fetcher), disk, limits);
      return { records: await removeRecords(store, plan.records), files: plan.files };
    });
    await assertHolder();
    const collected = { records, files: await this.#removeFiles(files) };
    const left = await this.#options.artifacts.list();
    metrics.archives(
      left.length,
      left.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    this.#tell(collected);
    return collected;
  }

  async #list(): Promise<OnDisk> {
    const { artifacts, buildLogs, buildFolders, fetcher } = this.#options;
    const [archives, logs, caches, mirrors] = await Promise.all([
      artifacts.list(),
      buildLogs.list(),
      buildFolders.caches(),
      fetcher.mirrors(),
    ]);
    return { archives, logs, caches, mirrors };
  }

  async #removeFiles(files: OnDisk): Promise<Collected['files']> {
    const { artifacts, buildLogs, fetcher } = this.#options;
    const removal: Record<FileKind, (thing: OnDisk[FileKind][number]) => Promise<number | undefined>> = {
      archives: async (thing) => ((await artifacts.delete(thing.name, thing)) ? thing.bytes : undefined),
      logs: ({ name }) => buildLogs.remove(name),
      caches: ({ name }) => this.#removeCache(name),
      mirrors: ({ name }) => fetcher.removeMirror(name),
    };
    const collected = Object.fromEntries(FILE_KINDS.map((kind) => [kind, { count: 0, bytes: 0 }])) as Record<
      FileKind,
      { count: number; bytes: number }
    >;
    for (const kind of FILE_KINDS)
      for (const thing of files[kind]) {
        const bytes = await removal[kind](thing).catch((error: unknown) => {
          // One that cannot be removed (a build's doing, a failing disk) keeps nothing else from going.
          this.#options.logger.error({ kind, name: thing.name, error }, 'it could not be removed; it is tried again');
          return undefined;
        });
        if (bytes === undefined) continue;
        collected[kind].count += 1;
        collected[kind].bytes += bytes;
      }
    return collected;
  }

  /** In the turn of the builds of its service cluster, so that none of them loses it while it runs. */
  async #removeCache(name: string): Promise<number | undefined> {
    const { fleet, store, buildFolders } = this.#options;
    const cluster = fleet.cluster(name);
    if (cluster === undefined) return buildFolders.removeCache(name);
    const underWay = await store.builds.find({ cluster: name, state: ['queued', 'running'] }, { limit: 1 });
    return underWay.length > 0 ? undefined : cluster.builds.run(() => buildFolders.removeCache(name));
  }

  #tell({ records, files }: Collected): void {
    const { events, logger, metrics } = this.#options;
    const parts = { ...records, ...Object.fromEntries(FILE_KINDS.map((kind) => [kind, files[kind].count])) };
    const removed = Object.fromEntries(Object.entries(parts).filter(([, count]) => count > 0));
    const bytes = FILE_KINDS.reduce((sum, kind) => sum + files[kind].bytes, 0);
    for (const [kind, count] of Object.entries(removed))
      metrics.collected(kind, count, files[kind as FileKind]?.bytes ?? 0);
    if (Object.keys(removed).length === 0) return;
    logger.info({ removed, bytes }, 'what nothing needs any more was removed');
    events.record({
      tenant: null,
      subject: { kind: 'Storage', uid: 'data', name: 'data' },
      type: 'storage.collected',
      data: { removed, bytes },
    });
  }
}
