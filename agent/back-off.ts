/** Waiting times between attempts. */

/**
 * Full jitter: uniform between 0 and the doubled bound, so that a fleet that lost its broker does not return in step.
 * (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
 *
 * @param attempt attempts that failed so far, from 0
 * @param random uniform in [0, 1)
 */
export function fullJitter(attempt: number, base: number, cap: number, random: number): number {
  return random * Math.min(cap, base * 2 ** Math.min(attempt, 30));
}

/** Without jitter, for things that only one does: base, 2·base, 4·base … cap. */
export function exponential(attempt: number, base: number, cap: number): number {
  return Math.min(cap, base * 2 ** Math.min(Math.max(0, attempt), 30));
}
