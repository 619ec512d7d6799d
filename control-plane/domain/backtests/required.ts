/** How many instances a demand requires: the measure that every policy is held against, whatever its own targets are. */
import type { EffectivePolicy } from '../autoscaling/policy-defaults.ts';

/** Share of its concurrency that an instance carries nominally; that of the platform's default target. */
const NOMINAL_SHARE = 0.7;

/** The least number that carries a demand (in requests in flight) nominally, at least 1. */
export function requiredInstances(demand: number, concurrency: number): number {
  return Math.max(1, Math.ceil(demand / (NOMINAL_SHARE * concurrency) - 1e-9));
}

/**
 * Requests that an instance serves at once: as declared, otherwise what a target of requests in flight is the nominal share of, that of
 * the first policy that has one. Undefined: nobody said.
 */
export function concurrencyOf(declared: number | undefined, policies: readonly EffectivePolicy[]): number | undefined {
  if (declared !== undefined) return declared;
  for (const { factors } of policies) {
    const inFlight = factors.find(({ name }) => name === 'requestsInFlight');
    if (inFlight !== undefined) return inFlight.target / NOMINAL_SHARE;
  }
  return undefined;
}
