/**
 * Follows the Git sources of components whose `update` is automatic. Each is asked for at its own, jittered time, so that a slow
 * host delays no other.
 */
import type { Logger } from 'pino';
import { openCredential } from '../credentials/credentials.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import type { EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SourceFetcher } from '../ports/artifacts.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { SourceRecord } from '../records/sources.ts';
import type { Pipeline } from './pipeline.ts';
import { isSameTree } from './same-tree.ts';
import { SourceChecks, sourceOf, type GitSource, type SourceCheck } from './source-checks.ts';

const TICK_MILLISECONDS = 500;
/** Uploads in a row behind which the last commit is still found. */
const LOOK_BACK = 50;

type GitOrigin = Extract<SourceRecord['origin'], { kind: 'git' }>;

export interface GitPollerOptions {
  readonly fleet: Fleet;
  readonly store: Store;
  readonly fetcher: SourceFetcher;
  readonly vault: Pick<Vault, 'open'>;
  readonly pipeline: Pipeline;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly disk: Pick<DiskWatch, 'isLow'>;
  readonly intervalSeconds: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class GitPoller {
  readonly #options: GitPollerOptions;
  readonly #checks: SourceChecks;
  /** When each source is asked for next; another source has no such time. */
  readonly #next = new WeakMap<ClusterState, { readonly at: number; readonly source: string }>();
  readonly #asking = new Set<Promise<void>>();
  readonly #busy = new WeakSet<ClusterState>();
  /** Why the last commit of a source was not built, as it was told. */
  readonly #lastError = new WeakMap<ClusterState, string>();
  #timer: Timer | null = null;

  constructor(options: GitPollerOptions) {
    this.#options = options;
    this.#checks = new SourceChecks({ events: options.events, now: () => options.clock.now() });
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await Promise.all(this.#asking);
  }

  /** Asks about a source soon, and not only when its time comes: somebody says that it has moved. */
  look(cluster: ClusterState): void {
    this.#next.delete(cluster);
  }

  /** What the last check of its Git source found, by whomever it was asked for. */
  check(cluster: ClusterState): SourceCheck {
    return this.#checks.of(cluster);
  }

  /** {@link origin} of the source of a service cluster, whose outcome is remembered. */
  async originOf(cluster: ClusterState, git: GitSource): Promise<GitOrigin> {
    try {
      const origin = await this.origin(cluster.record.tenant, git);
      this.#checks.succeeded(cluster, git);
      return origin;
    } catch (error) {
      if (this.#checks.failed(cluster, git, error))
        this.#options.logger.warn(
          { cluster: cluster.keyText, error: (error as Error).message },
          'a Git source could not be read; it is tried again',
        );
      throw error;
    }
  }

  /** The commit that a tenant's source points at now. Throws `SourceError`, and `SecretError` where its credential is gone. */
  async origin(tenant: string, git: GitSource): Promise<GitOrigin> {
    const { store, vault } = this.#options;
    const { url, branch, tag, commit, directory, credentials } = git;
    const credential = credentials === undefined ? undefined : await openCredential(store, vault, tenant, credentials);
    const found = await this.#options.fetcher.resolve({
      tenant,
      url,
      ...(credential === undefined ? {} : { credential }),
      ...(branch === undefined ? {} : { branch }),
      ...(tag === undefined ? {} : { tag }),
      ...(commit === undefined ? {} : { commit }),
    });
    return {
      kind: 'git',
      url,
      ...found,
      ...(directory === undefined ? {} : { directory }),
      ...(credentials === undefined ? {} : { credentials }),
    };
  }

  /** The last one that came from Git; a tree that was uploaded in between is not undone by the next look. */
  async #last(cluster: ClusterState): Promise<{ any: boolean; git: GitOrigin | undefined }> {
    const filter = { cluster: cluster.record.uid };
    const sources = await this.#options.store.sources.find(filter, { newestFirst: true, limit: LOOK_BACK });
    const origins = sources.map(({ origin }) => origin);
    return { any: sources.length > 0, git: origins.find((origin) => origin.kind === 'git') };
  }

  #tick(): void {
    // What has been committed meanwhile is seen when there is room again.
    if (this.#options.disk.isLow) return;
    const now = this.#options.clock.now();
    for (const cluster of this.#options.fleet.clusters()) {
      const git = cluster.plan.component?.source?.git;
      if (this.#options.fleet.isBlocked(cluster)) continue;
      if (git === undefined || cluster.record.deletingSince !== null || this.#busy.has(cluster)) continue;
      const source = sourceOf(git);
      const next = this.#next.get(cluster);
      if (next?.source === source && now < next.at) continue;
      const wait = this.#options.intervalSeconds * 1000 * (0.75 + 0.5 * this.#options.random());
      this.#next.set(cluster, { at: now + wait, source });
      this.#busy.add(cluster);
      const asking = this.#ask(cluster).finally(() => {
        this.#busy.delete(cluster);
        this.#asking.delete(asking);
      });
      this.#asking.add(asking);
    }
  }

  async #ask(cluster: ClusterState): Promise<void> {
    const { pipeline, logger } = this.#options;
    const git = cluster.plan.component?.source?.git;
    if (git === undefined) return;
    try {
      await this.#checks.restore(cluster);
      const last = await this.#last(cluster);
      // A manual source is fetched once, by the first deploy or by its own appearance.
      if (last.any && git.update === 'manual') return;
      // What is wrong with the source is told where it is found.
      const origin = await this.originOf(cluster, git).catch(() => undefined);
      if (origin === undefined) return;
      // Looked at again in the turn: a deploy may have been asked for while the host was answering.
      await pipeline.submit(cluster, origin, async () => {
        const { git: newest } = await this.#last(cluster);
        return newest === undefined || !isSameTree(newest, origin);
      });
      this.#lastError.delete(cluster);
    } catch (error) {
      const message = (error as Error).message;
      if (this.#lastError.get(cluster) === message) return;
      this.#lastError.set(cluster, message);
      logger.warn(
        { cluster: cluster.keyText, error: message },
        'the present commit of a Git source was not taken; it is tried again',
      );
    }
  }
}
