/** Lets a request in, or says whose limit is in its way. */
import type { Limiter } from './limiter.ts';

export interface NamedLimiter {
  readonly of: 'application' | 'route';
  readonly limiter: Limiter;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly release: () => void }
  | { readonly kind: 'throttled'; readonly by: 'application' | 'route' | 'client'; readonly seconds: number };

const UNLIMITED: Admission = { kind: 'admitted', release: () => undefined };

/** One that is refused uses up nothing anywhere. `release` is to be called once, when the request has ended. */
export function admit(limiters: readonly NamedLimiter[], client: string, now: number): Admission {
  if (limiters.length === 0) return UNLIMITED;
  for (const { of, limiter } of limiters) {
    const excess = limiter.excess(client, now);
    if (excess) return { kind: 'throttled', by: excess.of === 'client' ? 'client' : of, seconds: excess.seconds };
  }
  const releases = limiters.map(({ limiter }) => limiter.take(client, now));
  return { kind: 'admitted', release: () => releases.forEach((release) => release()) };
}
