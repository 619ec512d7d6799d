/**
 * Passive ejection: an instance that refuses connections gets no requests for a while, then one at a time until it has
 * answered one. Pure; time is an argument, in seconds.
 */

const FIRST_EJECTION_SECONDS = 1;
export const LONGEST_EJECTION_SECONDS = 10;

export type Trust =
  | { readonly kind: 'trusted' }
  /** From `until` on the instance is on probation: one request at a time. */
  | { readonly kind: 'ejected'; readonly until: number; readonly refusals: number };

export const TRUSTED: Trust = { kind: 'trusted' };

/**
 * Trust after one more refused connection. Refusals of connections that were begun before the ejection count once, so that
 * a burst of requests does not lengthen it.
 */
export function afterRefusal(trust: Trust, now: number): Trust {
  if (trust.kind === 'ejected' && now < trust.until) return trust;
  const refusals = trust.kind === 'ejected' ? trust.refusals + 1 : 1;
  const seconds = Math.min(LONGEST_EJECTION_SECONDS, FIRST_EJECTION_SECONDS * 2 ** (refusals - 1));
  return { kind: 'ejected', until: now + seconds, refusals };
}

/** Requests that the instance may have in flight at once, given its declared limit (0: none declared). */
export function admission(trust: Trust, concurrency: number, now: number): number {
  if (trust.kind === 'ejected') return now < trust.until ? 0 : 1;
  return concurrency === 0 ? Number.POSITIVE_INFINITY : concurrency;
}
