/** Which points are chosen, in which order: every one that is known comes once before any of its later ordinals. */
import { mulberry32 } from '../../control-plane/domain/autoscaling/testing/plant.ts';
import type { FaultPoint } from './program/fault-points.ts';

/** Of the same name, the first so many are different enough. */
const MOST_ORDINAL = 3;

/** Points of one step, none twice, in an order that only the seed decides. */
export function inOrder(reached: readonly FaultPoint[], seed: number): FaultPoint[] {
  const random = mulberry32(seed);
  const known = new Map(reached.map((point) => [keyOf(point), point]));
  return [...known.values()]
    .filter(({ ordinal }) => ordinal <= MOST_ORDINAL)
    .map((point) => ({ point, chance: random() }))
    .toSorted((a, b) => a.point.ordinal - b.point.ordinal || a.chance - b.chance)
    .map(({ point }) => point);
}

export function keyOf({ name, phase, ordinal }: FaultPoint): string {
  return `${phase} ${name} ${ordinal}`;
}
