/**
 * Whether an instance is on its way to another place, or to another image: one more serves before the one that it stands for goes. What is
 * under way is read from what is there, so a crash forgets none.
 */
import type { Placement } from '../../domain/placement/placement.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { isOfAnotherImage } from '../fleet/image.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { Placer } from '../placement/placer.ts';
import type { Freeze } from './freeze.ts';

/** What would merely be better elsewhere moves once it would have been for this long: rooms and host clusters come and go. */
const UNEVEN_FOR_MILLISECONDS = 60_000;

export interface MovesOptions {
  readonly placer: Pick<Placer, 'nextMove' | 'isMove'>;
  readonly freeze: Pick<Freeze, 'current'>;
  readonly now: () => number;
}

/** `begins`: one more is to be started, at another place for one of `from`; `waits`: it has been, and does not serve yet. */
export type MoveState =
  { readonly kind: 'none' | 'waits' } | { readonly kind: 'begins'; readonly from: Placement | null };

const NONE: MoveState = { kind: 'none' };

export class Moves {
  readonly #options: MovesOptions;

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /**
   * Of a service cluster without volumes and roll-out.
   *
   * @param present those that are there and stay; @param target how many there are to be, without one that is there for a move
   */
  async step(cluster: ClusterState, present: readonly InstanceState[], target: number): Promise<MoveState> {
    const serving = present.filter(({ record }) => record.state === 'active' && !record.unreachable);
    const isServed = serving.length === present.length;
    if (target > 0 && present.length === target && isServed) {
      const isOutdated = present.some((instance) => isOfAnotherImage(instance, cluster));
      return isOutdated ? { kind: 'begins', from: null } : await this.#elsewhere(cluster);
    }
    cluster.unevenSince = null;
    if (target === 0 || present.length !== target + 1 || isServed) return NONE;
    // One begins. It may be one too many, as fewer are wanted by now; or what those that serve make necessary.
    const isOutdated = serving.some((instance) => isOfAnotherImage(instance, cluster));
    return isOutdated || this.#options.placer.isMove(cluster, serving) ? { kind: 'waits' } : NONE;
  }

  async #elsewhere(cluster: ClusterState): Promise<MoveState> {
    const { placer, freeze, now } = this.#options;
    const move = await placer.nextMove(cluster);
    if (move?.isForced === true) return { kind: 'begins', from: move.from };
    // Nothing is risked for it where starts fail or somebody has asked for quiet.
    const isQuiet = cluster.record.paused !== null || freeze.current() !== null || cluster.startBackoff !== null;
    if (move === null || isQuiet) {
      cluster.unevenSince = null;
      return NONE;
    }
    cluster.unevenSince ??= now();
    return now() - cluster.unevenSince < UNEVEN_FOR_MILLISECONDS ? NONE : { kind: 'begins', from: move.from };
  }
}
