/** Which instances go when fewer are wanted: those that serve least. Pure. */
import type { InstanceState } from '../fleet/instance-state.ts';
import type { LifecycleState } from '../records/instances.ts';

const RANK: Readonly<Record<LifecycleState, number>> = {
  faulty: 0,
  created: 1,
  initialized: 1,
  starting: 2,
  'ready-to-shutdown': 3,
  maintenance: 4,
  active: 5,
  terminated: 6,
};

/** From here on an instance serves. */
const SERVING_RANK = RANK.maintenance;

export interface VictimsOptions {
  readonly inFlight: (instance: string) => number;
  /** The places from where this many go, one entry each, the first first. */
  readonly takeOrder: (among: readonly InstanceState[], count: number) => readonly string[];
  readonly placeOf: (instance: InstanceState) => string;
  /** It is to make way for another in any case. */
  readonly isOutdated?: (instance: InstanceState) => boolean;
  /** Each has volumes of its own, by its number: where fewer are to be, the highest number goes, for that is the one that comes back last. */
  readonly areNumbered: boolean;
}

/**
 * Instances already draining for a stop come first, then the faulty and the not yet ready; then, place by place in the order in which
 * they are emptied, the idlest and newest of the active; those of an image that is not wanted any more before these. With numbers it is the highest of the place, whatever it does.
 */
export function chooseVictims(
  instances: readonly InstanceState[],
  count: number,
  options: VictimsOptions,
): InstanceState[] {
  return options.areNumbered ? highestFirst(instances, count, options) : idlestFirst(instances, count, options);
}

function highestFirst(
  instances: readonly InstanceState[],
  count: number,
  { takeOrder, placeOf }: VictimsOptions,
): InstanceState[] {
  const left = [...instances].sort(byOrdinal).reverse();
  return takeOrder(left, Math.max(0, count)).flatMap((place) => {
    const index = left.findIndex((instance) => placeOf(instance) === place);
    return left.splice(index, 1);
  });
}

/** The lowest number first; one without, which is not seen yet, last. */
export function byOrdinal(a: InstanceState, b: InstanceState): number {
  const ordinal = ({ observed }: InstanceState): number => observed?.ordinal ?? Number.MAX_SAFE_INTEGER;
  return ordinal(a) - ordinal(b) || a.record.createdAt - b.record.createdAt;
}

function idlestFirst(
  instances: readonly InstanceState[],
  count: number,
  { inFlight, takeOrder, placeOf, isOutdated = () => false }: VictimsOptions,
): InstanceState[] {
  const rank = (instance: InstanceState): number =>
    instance.record.draining?.purpose === 'stop' ? -1 : RANK[instance.record.state];
  const sorted = [...instances].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      Number(isOutdated(b)) - Number(isOutdated(a)) ||
      inFlight(a.record.uid) - inFlight(b.record.uid) ||
      b.record.createdAt - a.record.createdAt ||
      (a.record.uid < b.record.uid ? 1 : -1),
  );
  const first = sorted.filter((instance) => rank(instance) < SERVING_RANK).slice(0, Math.max(0, count));
  const serving = sorted.filter((instance) => rank(instance) >= SERVING_RANK);
  const outdated = serving.filter(isOutdated).slice(0, Math.max(0, count - first.length));
  const victims = [...first, ...outdated];
  for (const one of outdated) serving.splice(serving.indexOf(one), 1);
  for (const place of takeOrder(serving, Math.max(0, count - victims.length))) {
    const index = serving.findIndex((instance) => placeOf(instance) === place);
    victims.push(...serving.splice(index, 1));
  }
  return victims;
}
