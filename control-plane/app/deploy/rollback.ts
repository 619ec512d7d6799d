/**
 * A release that exists already is asked for again. What is asked for wins at once: a roll-out under way, whatever it stands at,
 * is returned, so that the service cluster ends in the release asked for, completely.
 */
import type { EventType } from '../../domain/events/types.ts';
import { releasesBefore } from '../../domain/releases/release-before.ts';
import { checkRestorable } from '../configuration/release-secrets.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder, Happening } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Serial } from '../fleet/serial.ts';
import type { Store, Transaction } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import { RETURNED_BY_REQUEST, type ReleaseRecord, type RolloutRecord } from '../records/releases.ts';
import type { ReleaseHooks } from '../tasks/release-hook.ts';
import { supersede, type Releases } from './releases.ts';

export interface RollbacksOptions {
  readonly store: Store;
  readonly vault: Pick<Vault, 'has'>;
  readonly events: EventRecorder;
  /** Closed while old releases are removed. */
  readonly gate: Serial;
  readonly releases: Pick<Releases, 'begin' | 'leaveOut' | 'rollOut'>;
  readonly hooks: Pick<ReleaseHooks, 'checkRestorable'>;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly now: () => number;
}

type Asker = Pick<Principal, 'token' | 'name'>;

export class Rollbacks {
  readonly #options: RollbacksOptions;

  constructor(options: RollbacksOptions) {
    this.#options = options;
  }

  /** The release that {@link to} would bring the service cluster to. Throws what that throws of it. */
  async find(cluster: ClusterState, number: number | undefined): Promise<ReleaseRecord> {
    return this.#release(cluster, number ?? (await this.#numberBefore(cluster)));
  }

  /**
   * Brings the service cluster to its release of that number; to be called in its turn. Without a number that is what a roll-out
   * under way began from, what runs where a release waits, and else the release that was live before. Answers the roll-out that
   * does it: that of the release; the one under way, which returns to it; that of a release that waited, which is returned before
   * it began; or, for a third release, the one under way, which returns before that of the release begins. Throws `RequestError`
   * NOT_FOUND, and CONFLICT where the release runs already or is being returned from; `SecretError` where a secret of it is gone.
   */
  to(cluster: ClusterState, number: number | undefined, by: Asker): Promise<RolloutRecord> {
    return this.#options.gate.run(() => this.#to(cluster, number, by));
  }

  async #to(cluster: ClusterState, number: number | undefined, by: Asker): Promise<RolloutRecord> {
    if (number !== undefined) await this.#release(cluster, number);
    // What waits has not begun and would take the place of what is asked for: begun, it can be returned from like any other.
    if (cluster.rollout === null && cluster.pending !== null) await this.#options.releases.begin(cluster);
    const release = await this.#release(cluster, number ?? (await this.#numberBefore(cluster)));
    const { rollout, pending } = cluster;
    if (rollout === null) {
      // Its hook still runs: it has not begun, and never will.
      if (release.uid === cluster.record.stableRelease) {
        if (pending !== null && pending.uid !== release.uid)
          return this.#options.releases.leaveOut(cluster, pending, reasonOf(release, by), (tx, rollout) =>
            tx.answer(rollout),
          );
        throw conflict(`release ${release.number} of ${cluster.keyText} is running already`);
      }
      return this.#rollOut(cluster, release, (tx) => supersede(tx, pending));
    }
    if (release.uid === rollout.to && rollout.state === 'running') return this.#goOn(cluster, rollout);
    if (release.uid === rollout.to)
      throw conflict(
        `the roll-out of release ${release.number} of ${cluster.keyText} is being returned; ask again when it is over`,
      );
    if (rollout.from === null) return this.#insteadOfFirst(cluster, rollout, release, by);
    return this.#return(cluster, rollout, release, by);
  }

  async #numberBefore(cluster: ClusterState): Promise<number> {
    const { store } = this.#options;
    const { rollout, pending, record } = cluster;
    const filter = { cluster: record.uid };
    const running = rollout === null && pending === null ? await originOf(store, record.stableRelease) : null;
    const before =
      rollout !== null
        ? [rollout.from]
        : pending !== null
          ? [record.stableRelease]
          : releasesBefore(await store.rollouts.find(filter), record.stableRelease);
    for (const uid of before) {
      const release = uid === null ? undefined : await store.releases.get(uid);
      // A restart of what runs, or what runs is a restart of it: the same once more.
      if (release !== undefined && (release.restartOf ?? release.uid) !== running) return release.number;
    }
    throw new RequestError(
      'NOT_FOUND',
      `${cluster.keyText} has no release that was live before; see its releases, and name one by its number`,
      { field: 'releaseNumber' },
    );
  }

  async #release(cluster: ClusterState, number: number): Promise<ReleaseRecord> {
    const [release] = await this.#options.store.releases.find({ cluster: cluster.record.uid, number });
    if (release === undefined)
      throw new RequestError('NOT_FOUND', `${cluster.keyText} has no release ${number}; see its releases`, {
        field: 'releaseNumber',
      });
    await checkRestorable(this.#options, cluster.keyText, release);
    await this.#options.hooks.checkRestorable(cluster, release);
    return release;
  }

  #rollOut(
    cluster: ClusterState,
    release: ReleaseRecord,
    also: (tx: Transaction) => Promise<void>,
    ...happenings: readonly Happening[]
  ): Promise<RolloutRecord> {
    const candidate: ReleaseRecord = { ...release, state: 'candidate' };
    return this.#options.releases.rollOut(
      cluster,
      candidate,
      async (tx, rollout) => {
        await also(tx);
        await tx.releases.save(candidate);
        await tx.answer(rollout);
      },
      ...happenings,
    );
  }

  /** It is being rolled out already; only what would have followed it is left out. */
  async #goOn(cluster: ClusterState, rollout: RolloutRecord): Promise<RolloutRecord> {
    const { store } = this.#options;
    const waiting = cluster.pending;
    await store.transaction(async (tx) => {
      await supersede(tx, waiting);
      await tx.answer(rollout);
    });
    cluster.pending = null;
    return rollout;
  }

  /** The first roll-out has nothing to return to: it ends where it stands, and that of the release begins from there. */
  async #insteadOfFirst(
    cluster: ClusterState,
    rollout: RolloutRecord,
    release: ReleaseRecord,
    by: Asker,
  ): Promise<RolloutRecord> {
    const { now } = this.#options;
    const ended: RolloutRecord = { ...rollout, state: 'returned', finishedAt: now(), reason: reasonOf(release, by) };
    const stable: ReleaseRecord | null = cluster.stable === null ? null : { ...cluster.stable, state: 'stable' };
    const waiting = cluster.pending;
    const also = async (tx: Transaction): Promise<void> => {
      await tx.rollouts.save(ended);
      if (stable !== null) await tx.releases.save(stable);
      if (waiting?.uid !== release.uid) await supersede(tx, waiting);
    };
    const begun = await this.#rollOut(cluster, release, also, this.#told(cluster, ended, 'rollout.returned', by));
    cluster.stable = stable;
    return begun;
  }

  async #return(
    cluster: ClusterState,
    rollout: RolloutRecord,
    release: ReleaseRecord,
    by: Asker,
  ): Promise<RolloutRecord> {
    const { events, markDirty } = this.#options;
    const returning: RolloutRecord =
      rollout.state === 'returning' ? rollout : { ...rollout, state: 'returning', reason: reasonOf(release, by) };
    // As a candidate a third release is found again when the control plane ends before its roll-out begins.
    const next: ReleaseRecord | null = release.uid === rollout.from ? null : { ...release, state: 'candidate' };
    const waiting = cluster.pending;
    await events.change(
      async (tx) => {
        await tx.rollouts.save(returning);
        if (waiting?.uid !== next?.uid) await supersede(tx, waiting);
        if (next !== null) await tx.releases.save(next);
        await tx.answer(returning);
      },
      ...(returning === rollout ? [] : [this.#told(cluster, returning, 'rollout.returning', by)]),
    );
    cluster.rollout = returning;
    cluster.pending = next;
    cluster.changed.notify();
    markDirty(cluster);
    return returning;
  }

  #told(cluster: ClusterState, { uid, from, to, reason }: RolloutRecord, type: EventType, by: Asker): Happening {
    return {
      tenant: cluster.record.tenant,
      subject: subjectOf.cluster(cluster.record),
      type,
      cause: by.token,
      data: { rollout: uid, from, to, reason, by: by.name },
    };
  }
}

function reasonOf({ number }: ReleaseRecord, by: Asker) {
  return { code: RETURNED_BY_REQUEST, message: `${by.name} asked for release ${number}` };
}

function conflict(message: string): RequestError {
  return new RequestError('CONFLICT', message, { field: 'releaseNumber' });
}

/** Uid of the release that one is, however often it was started anew. */
async function originOf(store: Pick<Store, 'releases'>, uid: string | null): Promise<string | null> {
  const release = uid === null ? undefined : await store.releases.get(uid);
  return release?.restartOf ?? uid;
}
