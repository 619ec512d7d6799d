/**
 * Follows the Git sources of components whose `update` is automatic. Each is asked for at its own, jittered time, so that a slow
 * host delays no other.
 */
import type { Logger } from 'pino';
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import { openCredential } from '../credentials/credentials.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SourceFetcher } from '../ports/artifacts.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { BuildRecord, SourceRecord } from '../records.ts';
import { RequestError } from '../errors.ts';
import type { Pipeline } from './pipeline.ts';
import { isSameTree } from './same-tree.ts';

const TICK_MILLISECONDS = 500;
/** Uploads in a row behind which the last commit is still found. */
const LOOK_BACK = 50;

type GitSource = NonNullable<CartridgeComponent['source']>['git'];
type GitOrigin = Extract<SourceRecord['origin'], { kind: 'git' }>;

export interface GitPollerOptions {
  readonly fleet: Fleet;
  readonly store: Store;
  readonly fetcher: SourceFetcher;
  readonly vault: Pick<Vault, 'open'>;
  readonly pipeline: Pipeline;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly intervalSeconds: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class GitPoller {
  readonly #options: GitPollerOptions;
  readonly #nextAt = new WeakMap<ClusterState, number>();
  readonly #asking = new Set<Promise<void>>();
  readonly #busy = new WeakSet<ClusterState>();
  readonly #lastError = new WeakMap<ClusterState, string>();
  #timer: Timer | null = null;

  constructor(options: GitPollerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
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
    return this.#options.pipeline.submit(cluster, await this.#origin(cluster, git));
  }

  /** The source that it is now. */
  async #origin(cluster: ClusterState, git: GitSource): Promise<GitOrigin> {
    const { store, vault } = this.#options;
    const { tenant } = cluster.record;
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
    const now = this.#options.clock.now();
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
    const { pipeline, events, logger } = this.#options;
    const git = cluster.plan.component?.source?.git;
    if (git === undefined) return;
    try {
      const last = await this.#last(cluster);
      // A manual source is fetched once, by the first deploy or by its own appearance.
      if (last.any && git.update === 'manual') return;
      const origin = await this.#origin(cluster, git);
      this.#lastError.delete(cluster);
      // Looked at again in the turn: a deploy may have been asked for while the host was answering.
      await pipeline.submit(cluster, origin, async () => {
        const { git: newest } = await this.#last(cluster);
        return newest === undefined || !isSameTree(newest, origin);
      });
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
