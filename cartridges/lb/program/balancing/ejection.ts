/**
 * Passive ejection: an instance that refuses connections, or answers much worse than the others, gets no requests for a while,
 * then one at a time (probation) until it has answered one well. Pure; time is an argument, in seconds.
 */

/** `refused`: no connection could be made, which is a fact. `outlier`: it fails where the others do not, which is a judgement. */
export type EjectionCause = 'refused' | 'outlier';

/** How long an ejection lasts: the first one, and the longest; each one in a row lasts twice as long. */
const SECONDS: Readonly<Record<EjectionCause, { readonly first: number; readonly longest: number }>> = {
  refused: { first: 1, longest: 10 },
  outlier: { first: 5, longest: 60 },
};
/** A process that was killed has refused the next connection by then; what is long in flight must not keep others waiting. */
const SUSPICION_SECONDS = 0.1;
/** An outlier that was trusted again for so long begins anew. */
const REMEMBERED_SECONDS = 60;

export type Trust =
  /** `times`: ejections as an outlier in a row before; `since`: the end of the last one. */
  | { readonly kind: 'trusted'; readonly times: number; readonly since: number }
  /** It has just broken a connection off, and may be ending: until it answers or `until` comes it gets nothing more while anything is in flight there. */
  | { readonly kind: 'suspected'; readonly times: number; readonly since: number; readonly until: number }
  /** From `until` on the instance is on probation: one request at a time. */
  | { readonly kind: 'ejected'; readonly cause: EjectionCause; readonly until: number; readonly times: number };

export const TRUSTED: Trust = { kind: 'trusted', times: 0, since: 0 };

/**
 * Trust after one more ejection. What was begun before the ejection and fails during it changes nothing, so that a burst of
 * requests does not lengthen it.
 */
export function ejected(trust: Trust, cause: EjectionCause, now: number): Trust {
  if (trust.kind === 'ejected' && now < trust.until) return trust;
  const times = timesBefore(trust, cause, now) + 1;
  const { first, longest } = SECONDS[cause];
  return { kind: 'ejected', cause, until: now + Math.min(longest, first * 2 ** (times - 1)), times };
}

function timesBefore(trust: Trust, cause: EjectionCause, now: number): number {
  if (trust.kind === 'ejected') return trust.times;
  return cause === 'outlier' && now - trust.since < REMEMBERED_SECONDS ? trust.times : 0;
}

/** Trust after a connection was broken off before any answer. */
export function suspected(trust: Trust, now: number): Trust {
  if (trust.kind === 'ejected') return trust;
  return { ...trust, kind: 'suspected', until: now + SUSPICION_SECONDS };
}

/** Trust after a good answer. One that was asked for before the ejection and comes during it proves nothing. */
export function answeredWell(trust: Trust, now: number): Trust {
  if (trust.kind === 'trusted') return trust;
  if (trust.kind === 'suspected') return { kind: 'trusted', times: trust.times, since: trust.since };
  if (now < trust.until) return trust;
  return { kind: 'trusted', times: trust.cause === 'outlier' ? trust.times : 0, since: now };
}

/** Requests that the instance may have in flight at once, given its declared limit (0: none declared). */
export function admission(trust: Trust, concurrency: number, now: number): number {
  if (trust.kind === 'ejected') return now < trust.until ? 0 : 1;
  if (trust.kind === 'suspected' && now < trust.until) return 1;
  return concurrency === 0 ? Number.POSITIVE_INFINITY : concurrency;
}
