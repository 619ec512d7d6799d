/**
 * Follows the Git sources of components whose `update` is automatic. Each is asked for at its own, jittered time, so that a slow
 * host delays no other.
 */
import type { Logger } from 'pino';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SourceFetcher } from '../ports/artifacts.ts';
import type { Store } from '../ports/store.ts';
import type { BuildRecord, SourceRecord } from '../records.ts';
import { RequestError } from '../errors.ts';
import type { Pipeline } from './pipeline.ts';

const TICK_MILLISECONDS = 500;

export interface GitPollerOptions {
  readonly fleet: Fleet;
  readonly store: Store;
  readonly fetcher: SourceFetcher;
  readonly pipeline: Pipeline;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly intervalSeconds: number;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class GitPoller {
  readonly #options: GitPollerOptions;
  readonly #nextAt = new WeakMap<ClusterState, number>();
  readonly #asking = new Set<Promise<void>>();
  readonly #busy = new WeakSet<ClusterState>();
  readonly #lastError = new WeakMap<ClusterState, string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: GitPollerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await Promise.all(this.#asking);
  }

  /** Builds the commit that the source points at now. Throws `SourceError`, and `RequestError` where there is no Git source. */
  async deploy(cluster: ClusterState): Promise<{ source: SourceRecord; build: BuildRecord }> {
    const git = cluster.plan.component?.source?.git;
    if (git === undefined) {
      throw new RequestError(
        'INVALID',
        `${cluster.keyText} has no Git source; upload a tree with "cartwright deploy DIR" or add source.git to the component`,
      );
    }
    const commit = await this.#options.fetcher.resolve({
      url: git.url,
      ...(git.branch === undefined ? {} : { branch: git.branch }),
      ...(git.tag === undefined ? {} : { tag: git.tag }),
      ...(git.commit === undefined ? {} : { commit: git.commit }),
    });
    return this.#options.pipeline.submit(cluster, { kind: 'git', url: git.url, ...commit });
  }

  #tick(): void {
    const now = this.#options.now();
    for (const cluster of this.#options.fleet.clusters()) {
      const git = cluster.plan.component?.source?.git;
      if (git === undefined || cluster.record.deletingSince !== null || this.#busy.has(cluster)) continue;
      if (now < (this.#nextAt.get(cluster) ?? 0)) continue;
      this.#nextAt.set(cluster, now + this.#options.intervalSeconds * 1000 * (0.75 + 0.5 * this.#options.random()));
      this.#busy.add(cluster);
      const asking = this.#ask(cluster).finally(() => {
        this.#busy.delete(cluster);
        this.#asking.delete(asking);
      });
      this.#asking.add(asking);
    }
  }

  async #ask(cluster: ClusterState): Promise<void> {
    const { store, fetcher, pipeline, events, logger } = this.#options;
    const git = cluster.plan.component?.source?.git;
    if (git === undefined) return;
    try {
      const [last] = await store.sources.find({ cluster: cluster.record.uid }, { newestFirst: true, limit: 1 });
      // A manual source is fetched once, by the first deploy or by its own appearance.
      if (last !== undefined && git.update === 'manual') return;
      const { url, branch, tag, commit } = git;
      const found = await fetcher.resolve({
        url,
        ...(branch && { branch }),
        ...(tag && { tag }),
        ...(commit && { commit }),
      });
      this.#lastError.delete(cluster);
      if (last?.origin.kind === 'git' && last.origin.commit === found.commit && last.origin.url === url) return;
      await pipeline.submit(cluster, { kind: 'git', url, ...found });
    } catch (error) {
      const message = (error as Error).message;
      if (this.#lastError.get(cluster) === message) return;
      this.#lastError.set(cluster, message);
      logger.warn({ cluster: cluster.keyText, error: message }, 'a Git source could not be read; it is tried again');
      events.record({
        tenant: cluster.record.tenant,
        subject: subjectOf.cluster(cluster.record),
        type: 'source.unreadable',
        data: { message },
      });
    }
  }
}
