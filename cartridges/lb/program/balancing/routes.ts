/** Which service cluster a request belongs to: by host, then by the longest path prefix. Pure. */
import type { Route } from '../../../../schema/mqtt/topology.ts';

interface Entry {
  readonly path: string;
  readonly alias: string;
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

  /** The alias for a `Host` header's value and a request path (without query), or `undefined` where there is no route. */
  find(host: string, path: string): string | undefined {
    if (this.#byHost.size > 0) {
      const own = this.#byHost.get(canonicalHost(host));
      const alias = own && firstMatch(own, path);
      if (alias !== undefined) return alias;
    }
    return firstMatch(this.#everyHost, path);
  }
}

function entry(alias: string, route: Route): Entry {
  // '/shop/' and '/shop' are the same prefix: both end at a segment.
  return { alias, path: route.path.length > 1 && route.path.endsWith('/') ? route.path.slice(0, -1) : route.path };
}

function precedence(a: Entry, b: Entry): number {
  if (a.path.length !== b.path.length) return b.path.length - a.path.length;
  return a.alias < b.alias ? -1 : 1;
}

function firstMatch(entries: readonly Entry[], path: string): string | undefined {
  for (const { path: prefix, alias } of entries) if (prefix === '/' || matches(prefix, path)) return alias;
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
