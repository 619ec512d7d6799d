/**
 * The hook `release` of a cartridge: once for each release, in a one-off task, before its roll-out begins. A release whose hook
 * has not succeeded gets no traffic; one that has served before (a rollback) needs it no more.
 */
import { CartwrightError, RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { ArtifactStore } from '../ports/artifacts.ts';
import type { Store } from '../ports/store.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { TaskRecord } from '../records/tasks.ts';
import { hasEnded, NEVER_STARTED } from './outcome.ts';
import type { Tasks } from './tasks.ts';

const DEFAULT_TIMEOUT_SECONDS = 600;
const SHOWN_LINES = 5;

export type HookState =
  /** There is none, it has succeeded, or the release has served before. */
  | { readonly kind: 'done' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly reason: { readonly code: string; readonly message: string } };

export interface ReleaseHooksOptions {
  readonly store: Pick<Store, 'tasks' | 'rollouts'>;
  readonly tasks: Pick<Tasks, 'begin' | 'of'>;
  readonly artifacts: Pick<ArtifactStore, 'holds'>;
}

export class ReleaseHooks {
  readonly #options: ReleaseHooksOptions;

  constructor(options: ReleaseHooksOptions) {
    this.#options = options;
  }

  /**
   * Where the hook of a release stands; begins it where it has not been begun. What was begun is never begun again: when it is
   * not known how far it came, the release has failed.
   */
  async state(cluster: ClusterState, release: ReleaseRecord): Promise<HookState> {
    if (cluster.plan.spec.hooks.release === undefined) return { kind: 'done' };
    const last = await this.#last(release);
    const isBegun = last !== undefined && last.reason?.code !== NEVER_STARTED;
    if (isBegun) return stateOf(last);
    if ((await this.#hasServed(release)) || !(await this.#isInTree(cluster, release))) return { kind: 'done' };
    // Two migrations at once would meet each other.
    if (this.#options.tasks.of(cluster.record.uid).some(({ kind }) => kind === 'release')) return { kind: 'waiting' };
    try {
      await this.#options.tasks.begin(cluster, release, {
        kind: 'release',
        command: [],
        timeoutSeconds: cluster.plan.spec.hookTimeoutSeconds?.release ?? DEFAULT_TIMEOUT_SECONDS,
        by: 'platform',
        cause: release.uid,
      });
    } catch (error) {
      // Nothing is recorded of it: it is begun when there is a place for it.
      if (!(error instanceof CartwrightError && error.code === 'NO_PLACE')) throw error;
    }
    return { kind: 'waiting' };
  }

  /** Throws `RequestError` CONFLICT for a release that cannot get traffic, since its hook did not succeed. */
  async checkRestorable(cluster: ClusterState, release: ReleaseRecord): Promise<void> {
    if (cluster.plan.spec.hooks.release === undefined) return;
    const last = await this.#last(release);
    if (last?.state === 'succeeded' || (await this.#hasServed(release))) return;
    if (last === undefined && !(await this.#isInTree(cluster, release))) return;
    throw new RequestError(
      'CONFLICT',
      `release ${release.number} of ${cluster.keyText} has never served and its hook release has not succeeded; deploy again instead`,
      { field: 'releaseNumber' },
    );
  }

  async #last(release: ReleaseRecord): Promise<TaskRecord | undefined> {
    const found = await this.#options.store.tasks.find(
      { release: release.uid, kind: 'release' },
      { newestFirst: true, limit: 1 },
    );
    return found[0];
  }

  /** Whether the tree has what the hook is for, where the cartridge says what that is. */
  async #isInTree({ plan }: ClusterState, { artifact }: ReleaseRecord): Promise<boolean> {
    const path = plan.spec.releaseHookNeeds;
    if (path === undefined) return true;
    if (artifact === null) return false;
    // Of an archive that cannot be read the task tells where people look: it cannot have it either.
    return this.#options.artifacts.holds(artifact, path).catch(() => true);
  }

  async #hasServed(release: ReleaseRecord): Promise<boolean> {
    const filter = { cluster: release.cluster, to: release.uid, state: 'succeeded' } as const;
    return (await this.#options.store.rollouts.find(filter, { limit: 1 })).length > 0;
  }
}

function stateOf(task: TaskRecord): HookState {
  if (!hasEnded(task)) return { kind: 'waiting' };
  if (task.state === 'succeeded') return { kind: 'done' };
  const why = task.reason?.message ?? 'it did not succeed';
  const lines = task.lastLines.slice(-SHOWN_LINES).join(' | ');
  const message = `the hook release: ${why}${lines === '' ? '' : `; last lines: ${lines}`}`;
  return { kind: 'failed', reason: { code: 'release-hook-failed', message } };
}
