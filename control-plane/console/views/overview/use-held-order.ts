import { useEffect, useRef } from 'react';
import type { Cluster } from '../../clusters/overview-state.ts';
import { inPlaces } from './order.ts';

/**
 * Rows do not jump from under a pointer or a focus: while the order is held, all stay in the places that they had.
 *
 * @param key of what was asked for; with another one the places of before mean nothing
 */
export function useHeldOrder(ordered: Cluster[], isHeld: boolean, key: string): Cluster[] {
  const before = useRef<{ readonly key: string; readonly places: readonly string[] } | null>(null);
  const held = before.current;
  const shown = isHeld && held?.key === key ? inPlaces(ordered, held.places) : ordered;
  useEffect(() => {
    before.current = { key, places: shown.map(({ entry }) => entry.uid) };
  });
  return shown;
}
