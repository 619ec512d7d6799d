/**
 * Whether an instance is on its way to another place, or to another image: one more serves before the one that it stands for goes. What is
 * under way is read from what is there, so a crash forgets none.
 */
import type { Placement } from '../../domain/placement/placement.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { isOfAnotherImage } from '../fleet/image.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { Placer } from '../placement/placer.ts';
import type { ProviderProblem } from '../ports/provider.ts';
import { BalancerTurns } from './balancer-turns.ts';
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
/** Problems of an instance that say nothing of its image. */
const WAITING: ReadonlySet<string | undefined> = new Set<ProviderProblem['code']>([
  'quota-exceeded',
  'unschedulable',
  'pod-not-made',
]);

export class Moves {
  readonly #options: MovesOptions;
  readonly #turns = new BalancerTurns();

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
      if (!isOutdated) this.#turns.end(cluster.record.uid);
      if (!isOutdated) return await this.#elsewhere(cluster);
      return this.#mayRenew(cluster) ? { kind: 'begins', from: null } : NONE;
    }
    cluster.unevenSince = null;
    if (target === 0 || present.length !== target + 1 || isServed) return NONE;
    // One begins. It may be one too many, as fewer are wanted by now; or what those that serve make necessary.
    const isOutdated = serving.some((instance) => isOfAnotherImage(instance, cluster));
    if (isOutdated && cluster.isLoadBalancer) this.#noteUnderWay(cluster, present);
    return isOutdated || this.#options.placer.isMove(cluster, serving) ? { kind: 'waits' } : NONE;
  }

  /** One that waits for a quota or a node, which may be for long, keeps nobody else waiting. One whose image is wrong does. */
  #noteUnderWay({ record }: ClusterState, present: readonly InstanceState[]): void {
    if (present.some(({ observed }) => WAITING.has(observed?.problem?.code))) this.#turns.end(record.uid);
    else this.#turns.hold(record.uid, this.#options.now());
  }

  /**
   * Instances of a release make way for what people have asked for. Balancers follow the platform, which nobody of their application has asked for: they keep
   * still in a freeze, and go a few service clusters at a time.
   */
  #mayRenew(cluster: ClusterState): boolean {
    const { freeze, now } = this.#options;
    const { isLoadBalancer, noPlace, record, startBackoff } = cluster;
    if (!isLoadBalancer) return true;
    if (freeze.current() !== null) return false;
    if (noPlace !== null) {
      // It asks again with each pass, and whoever there is no place for keeps nobody else waiting.
      this.#turns.end(record.uid);
      return true;
    }
    if (startBackoff !== null && now() < startBackoff.notBefore) {
      // While one of them fails the others need not wait.
      this.#turns.end(record.uid);
      return false;
    }
    return this.#turns.take(record.uid, now());
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
