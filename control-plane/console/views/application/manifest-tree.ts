/**
 * What an application's manifest says of how its components belong together. It is read as data that anybody may have written, of a version
 * that may be newer than the page: what is not understood is left out.
 */

export interface Component {
  readonly alias: string;
  /** Names of the groups that it is in, the outermost first. */
  readonly groups: readonly string[];
  /** Aliases of what has to be active before it is started. */
  readonly startsAfter: readonly string[];
  /** Aliases of what is scaled together with it. */
  readonly scalesWith: readonly string[];
  /** Whether the manifest sends requests to it by a route of its own. */
  readonly hasRoutes: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** In the order of the manifest. */
export function readComponents(manifest: unknown): readonly Component[] {
  const found = new Map<string, Component>();
  collect(fields(fields(manifest).spec), [], found);
  return [...found.values()];
}

/** @returns the aliases of all components in there */
function collect(spec: Fields, groups: readonly string[], found: Map<string, Component>): readonly string[] {
  const members = new Map<string, readonly string[]>();
  for (const item of list(spec.components)) {
    const { kind, alias, routes } = fields(item);
    if (typeof alias !== 'string' || found.has(alias) || groups.length > DEEPEST) continue;
    if (kind === 'group') {
      const inside = collect(fields(item), [...groups, alias], found);
      // What is in a group may be named from outside as well.
      for (const one of inside) members.set(one, [one]);
      members.set(alias, inside);
    } else {
      members.set(alias, [alias]);
      const hasRoutes = list(routes).length > 0;
      found.set(alias, { alias, groups, startsAfter: [], scalesWith: [], hasRoutes });
    }
  }
  for (const chain of chains(spec.startupOrder, members)) {
    chain.slice(1).forEach((aliases, index) => relate(found, aliases, 'startsAfter', chain[index]!));
  }
  for (const chain of chains(spec.scalingDependents, members)) {
    const [first = [], ...others] = chain;
    for (const aliases of others) relate(found, aliases, 'scalesWith', first);
  }
  return [...new Set([...members.values()].flat())];
}

/** Groups within groups; a manifest that goes on is none that a person has written. */
const DEEPEST = 10;

function relate(
  found: Map<string, Component>,
  aliases: readonly string[],
  how: 'startsAfter' | 'scalesWith',
  to: readonly string[],
): void {
  for (const alias of aliases) {
    const component = found.get(alias);
    if (component === undefined) continue;
    found.set(alias, { ...component, [how]: [...new Set([...component[how], ...to])].filter((one) => one !== alias) });
  }
}

/** Lists of names, where a group stands for all that is in it; a single list is taken as one of them. */
function chains(value: unknown, members: ReadonlyMap<string, readonly string[]>): (readonly string[])[][] {
  const items = list(value);
  const lists = items.some(Array.isArray) ? items.map(list) : [items];
  return lists.map((names) =>
    names.flatMap((name) => {
      const aliases = typeof name === 'string' ? members.get(name) : undefined;
      return aliases === undefined ? [] : [aliases];
    }),
  );
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
