/**
 * Comparing at equal cost: a scaler that has more replicas is short less often, which says nothing of how well it places them in time. So each
 * one's target is moved until it costs as many replica-hours as the one it is compared with.
 */

/** How near the cost has to come, as a share. */
const NEAR = 0.01;
const MOST_RUNS = 14;

export interface Priced<T> {
  readonly target: number;
  readonly replicaHours: number;
  readonly result: T;
}

export interface EqualCost<T> extends Priced<T> {
  /** Within 1 % of the cost that was asked for. */
  readonly isEqual: boolean;
}

/**
 * By bisection on the logarithm of the target, between the bounds; cost falls as the target grows. Where no target comes within 1 %, the nearest.
 *
 * @param first what is known already
 */
export function atEqualCost<T>(
  replicaHours: number,
  bounds: readonly [least: number, most: number],
  first: Priced<T>,
  runAt: (target: number) => Priced<T>,
): EqualCost<T> {
  const distance = (one: Priced<T>): number => Math.abs(one.replicaHours - replicaHours) / replicaHours;
  let [low, high] = bounds;
  let nearest = first;
  let next = first;
  for (let runs = 0; distance(nearest) > NEAR && runs < MOST_RUNS; runs += 1) {
    if (next.replicaHours > replicaHours) low = next.target;
    else high = next.target;
    next = runAt(Math.sqrt(low * high));
    if (distance(next) < distance(nearest)) nearest = next;
  }
  return { ...nearest, isEqual: distance(nearest) <= NEAR };
}
