/** Computing a stored decision again from its input. */
import { decide, DECIDER_VERSION } from './decide.ts';
import type { Decision, DecisionInput } from './decision.ts';

export interface Replay {
  readonly decision: Decision;
  /** Equal to the bit. */
  readonly same: boolean;
  /** The first place where the two differ, as a path with both values; null when they are the same. */
  readonly difference: string | null;
}

export function replay(input: DecisionInput, stored: Decision): Replay {
  const decision = decide(input);
  if (stored.deciderVersion !== DECIDER_VERSION)
    return {
      decision,
      same: false,
      difference: `deciderVersion: it was made by version ${stored.deciderVersion}, this program has version ${DECIDER_VERSION}`,
    };
  const difference = firstDifference(stored, decision, '');
  return { decision, same: difference === undefined, difference: difference ?? null };
}

function firstDifference(stored: unknown, computed: unknown, path: string): string | undefined {
  if (isObject(stored) && isObject(computed)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(computed)])) {
      const difference = firstDifference(stored[key], computed[key], path === '' ? key : `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  // JSON has one zero; every other double comes back from the store as it was.
  if (stored === computed) return undefined;
  return `${path}: stored ${JSON.stringify(stored)}, computed ${JSON.stringify(computed)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
