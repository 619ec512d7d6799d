/**
 * Comparing at equal cost: a scaler that has more replicas is short less often, which says nothing of how well it places them in time. So each
 * one's target is moved until it costs as many replica-hours as the one it is compared with.
 */

/** How near the cost has to come, as a share. */
const NEAR = 0.01;
const MOST_RUNS = 16;
/** One step away from the own target: so small that a cost which falls and rises again is not stepped over, so large that the bounds are reached. */
const SMALLEST_STEP = 1.02;
const LARGEST_STEP = 1.3;

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
 * From the own target on step by step, up while it costs too much and down while too little, until the cost has been passed, then between the two
 * targets that it lies between. Cost mostly falls as the target grows, but where requests queue it may rise again, so that several
 * targets cost the same: the one that is found is the nearest to the scaler's own. Where no target comes within 1 %, the nearest in cost.
 *
 * Yields after each run, which may be long.
 *
 * @param first what is known already, at the own target
 */
export function* atEqualCost<T>(
  replicaHours: number,
  bounds: readonly [least: number, most: number],
  first: Priced<T>,
  runAt: (target: number) => Priced<T>,
): Generator<undefined, EqualCost<T>> {
  const excess = (one: Priced<T>): number => Math.log(one.replicaHours / replicaHours);
  const distance = (one: Priced<T>): number => Math.abs(one.replicaHours - replicaHours) / replicaHours;
  let nearest = first;
  let runs = 0;
  const tried = (target: number): Priced<T> => {
    const one = runAt(target);
    runs += 1;
    if (distance(one) < distance(nearest)) nearest = one;
    return one;
  };
  let here = first;
  let beyond: Priced<T> | undefined;
  while (beyond === undefined && distance(nearest) > NEAR && runs < MOST_RUNS) {
    const target = within(stepped(here.target, excess(here)), bounds);
    if (target === here.target) break;
    const next = tried(target);
    yield;
    if (excess(next) > 0 === excess(first) > 0) here = next;
    else beyond = next;
  }
  for (let halvings = 0; beyond !== undefined && distance(nearest) > NEAR && runs < MOST_RUNS; halvings += 1) {
    // Every third is the middle, so that a step in the cost doesn't hold it up.
    const share = halvings % 3 === 2 ? 0.5 : excess(here) / (excess(here) - excess(beyond));
    const next = tried(here.target * (beyond.target / here.target) ** share);
    yield;
    if (excess(next) > 0 === excess(here) > 0) here = next;
    else beyond = next;
  }
  return { ...nearest, isEqual: distance(nearest) <= NEAR };
}

/** As if cost were inverse to the target. */
function stepped(target: number, excess: number): number {
  const factor = Math.min(LARGEST_STEP, Math.max(SMALLEST_STEP, Math.exp(Math.abs(excess))));
  return excess > 0 ? target * factor : target / factor;
}

function within(target: number, [least, most]: readonly [number, number]): number {
  return Math.min(most, Math.max(least, target));
}
