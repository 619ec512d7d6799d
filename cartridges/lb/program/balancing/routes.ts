/** Which service cluster a request belongs to: by host, then by the longest path prefix. Pure. */
import type { Route } from '../../../../schema/mqtt/topology.ts';

export interface RouteMatch {
  readonly alias: string;
  readonly route: Route;
}

interface Entry extends RouteMatch {
  readonly path: string;
}

/**
 * The routes of all aliases, ordered for look-up. A route for the request's own host beats one for every host; among them
 * the longest path prefix wins, and the alias that sorts first where two claim the same.
 */
export class RouteTable {
  readonly #byHost = new Map<string, Entry[]>();
  readonly #everyHost: Entry[] = [];

  constructor(aliases: Iterable<readonly [alias: string, routes: readonly Route[]]>) {
    for (const [alias, routes] of aliases)
      for (const route of routes) this.#entries(route.host).push(entry(alias, route));
    for (const entries of [this.#everyHost, ...this.#byHost.values()]) entries.sort(precedence);
  }

  #entries(host: string | undefined): Entry[] {
    if (host === undefined) return this.#everyHost;
    const key = canonicalHost(host);
    let entries = this.#byHost.get(key);
    if (!entries) this.#byHost.set(key, (entries = []));
    return entries;
  }

  /** The alias, and its route, for a `Host` header's value and a request path (without query), or `undefined` where there is no route. */
  find(host: string, path: string): RouteMatch | undefined {
    if (this.#byHost.size > 0) {
      const own = this.#byHost.get(canonicalHost(host));
      const match = own && firstMatch(own, path);
      if (match !== undefined) return match;
    }
    return firstMatch(this.#everyHost, path);
  }
}

function entry(alias: string, route: Route): Entry {
  // '/shop/' and '/shop' are the same prefix: both end at a segment.
  return {
    alias,
    route,
    path: route.path.length > 1 && route.path.endsWith('/') ? route.path.slice(0, -1) : route.path,
  };
}

function precedence(a: Entry, b: Entry): number {
  if (a.path.length !== b.path.length) return b.path.length - a.path.length;
  return a.alias < b.alias ? -1 : 1;
}

function firstMatch(entries: readonly Entry[], path: string): RouteMatch | undefined {
  for (const entry of entries) if (entry.path === '/' || matches(entry.path, path)) return entry;
  return undefined;
}

function matches(prefix: string, path: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}

/** Lower case, without port and without the final dot of a full name. */
export function canonicalHost(host: string): string {
  const withoutPort = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : host.replace(/:\d*$/, '');
  return withoutPort.replace(/\.$/, '').toLowerCase();
}
