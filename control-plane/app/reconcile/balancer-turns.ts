/**
 * An upgrade of the platform brings another image for the balancers of all applications. A few service clusters take it at a time: what is wrong with it
 * shows at those, and a host cluster does not begin one more balancer for every application at once.
 */
const MOST_AT_ONCE = 4;
/** One that nothing was heard of for so long is gone, or waits for something else: its turn is over. */
const TURN_MILLISECONDS = 60_000;

/** What is under way is read from what is there ({@link hold}), so that nothing needs to outlive this process. */
export class BalancerTurns {
  /** By service cluster: when its turn was last needed, in milliseconds since the epoch. */
  readonly #heldAt = new Map<string, number>();

  /** Answers whether the service cluster may begin, or go on; idempotent. */
  take(cluster: string, now: number): boolean {
    for (const [held, at] of this.#heldAt) if (now - at > TURN_MILLISECONDS) this.#heldAt.delete(held);
    if (!this.#heldAt.has(cluster) && this.#heldAt.size >= MOST_AT_ONCE) return false;
    this.hold(cluster, now);
    return true;
  }

  /** It is under way, whether it has asked or was begun by a process before this one. */
  hold(cluster: string, now: number): void {
    this.#heldAt.set(cluster, now);
  }

  end(cluster: string): void {
    this.#heldAt.delete(cluster);
  }
}
