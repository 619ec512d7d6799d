/** The limiters of one service cluster's routes; they outlive a change of the topology. */
import type { Limits } from '../../../../schema/mqtt/limits.ts';
import type { Route } from '../../../../schema/mqtt/topology.ts';
import type { NamedLimiter } from './admit.ts';
import { Limiter } from './limiter.ts';

const NONE: readonly NamedLimiter[] = [];

export class RouteLimiters {
  #limiters = new Map<string, Limiter>();

  apply(routes: readonly Route[], now: number): void {
    const before = this.#limiters;
    this.#limiters = new Map();
    for (const route of routes) {
      const limiter = limiterFor(route.limits, before.get(keyOf(route)), now);
      if (limiter) this.#limiters.set(keyOf(route), limiter);
    }
  }

  /** What a request by this route has to keep to. */
  of(route: Route, application: Limiter | undefined): readonly NamedLimiter[] {
    const own = route.limits && this.#limiters.get(keyOf(route));
    if (!application && !own) return NONE;
    return [
      ...(application ? [{ of: 'application', limiter: application } as const] : []),
      ...(own ? [{ of: 'route', limiter: own } as const] : []),
    ];
  }
}

/** The same limiter with other limits, a new one, or none. */
export function limiterFor(limits: Limits | undefined, present: Limiter | undefined, now: number): Limiter | undefined {
  if (limits === undefined) return undefined;
  if (present === undefined) return new Limiter(limits, now);
  present.change(limits, now);
  return present;
}

function keyOf({ host, path }: Route): string {
  return `${host?.toLowerCase() ?? ''} ${path}`;
}
