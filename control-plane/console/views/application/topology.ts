/** Where everything of an application stands in its picture: a lane for each service cluster, a column for each place of instances. */
import type { ClusterEntryFragment, TopologyInstanceFragment } from '../../generated/operations.ts';
import { readComponents, type Component } from './manifest-tree.ts';

export type Entry = ClusterEntryFragment & { readonly instances: readonly TopologyInstanceFragment[] | null };

/** A partition of a host cluster. */
export interface Place {
  readonly key: string;
  /** Null: its instances have no place yet. */
  readonly hostCluster: string | null;
  readonly partition: string;
  /** False: its host cluster does not answer. Null: that is not known. */
  readonly answers: boolean | null;
}

export interface Lane {
  readonly entry: Entry;
  readonly groups: readonly string[];
  readonly startsAfter: readonly string[];
  readonly scalesWith: readonly string[];
  /** One for each place, in their order; oldest first. */
  readonly cells: readonly (readonly TopologyInstanceFragment[])[];
}

export type LinkKind = 'requests' | 'starts-after' | 'scales-with';

/** Numbers of lanes. `requests` go from a load balancer; what is to be active first is where `starts-after` comes from. */
export interface Link {
  readonly kind: LinkKind;
  readonly from: number;
  readonly to: number;
}

export interface Topology {
  readonly places: readonly Place[];
  readonly lanes: readonly Lane[];
  readonly links: readonly Link[];
}

/** @param manifest of the application, as the API has it */
export function layTopology(entries: readonly Entry[], manifest: unknown): Topology {
  const components = readComponents(manifest);
  const places = placesOf(entries);
  const lanes = inOrder(entries, components).map((entry): Lane => {
    const component = components.find(({ alias }) => alias === entry.alias);
    const cells = places.map(({ key }) => (entry.instances ?? []).filter((instance) => keyOf(instance) === key));
    const { groups = [], startsAfter = [], scalesWith = [] } = component ?? {};
    return { entry, groups, startsAfter, scalesWith, cells };
  });
  return { places, lanes, links: linksOf(lanes, components) };
}

/** Load balancers, then what the manifest names, then what it names no more. */
function inOrder(entries: readonly Entry[], components: readonly Component[]): Entry[] {
  const places = new Map(components.map(({ alias }, index) => [alias, index]));
  const rank = ({ alias, category }: Entry): number =>
    places.get(alias) ?? (category === 'LOAD_BALANCER' ? -1 : components.length);
  return [...entries].sort((a, b) => rank(a) - rank(b) || (a.alias < b.alias ? -1 : 1));
}

function keyOf({ hostCluster, partition }: TopologyInstanceFragment): string {
  // A slash is in no name.
  return hostCluster === null ? '' : `${hostCluster}/${partition ?? ''}`;
}

/** By name; what has no place yet is last. */
function placesOf(entries: readonly Entry[]): Place[] {
  const places = new Map<string, Place>();
  for (const { instances } of entries)
    for (const instance of instances ?? []) {
      const { hostCluster, partition, hostClusterState } = instance;
      const answers = hostClusterState === 'UNREACHABLE' ? false : hostClusterState === 'REACHABLE' ? true : null;
      places.set(keyOf(instance), { key: keyOf(instance), hostCluster, partition: partition ?? '', answers });
    }
  return [...places.values()].sort((a, b) => Number(a.key === '') - Number(b.key === '') || (a.key < b.key ? -1 : 1));
}

function linksOf(lanes: readonly Lane[], components: readonly Component[]): Link[] {
  const links: Link[] = [];
  const numbers = new Map(lanes.map(({ entry }, index) => [entry.alias, index]));
  const balancers = lanes.flatMap(({ entry }, index) => (entry.category === 'LOAD_BALANCER' ? [index] : []));
  const routed = new Set(components.flatMap(({ alias, hasRoutes }) => (hasRoutes ? [alias] : [])));
  lanes.forEach(({ entry, startsAfter, scalesWith }, to) => {
    const serves =
      routed.has(entry.alias) || (entry.instances ?? []).some(({ balancers: shares }) => shares.length > 0);
    if (serves && entry.category !== 'LOAD_BALANCER')
      for (const from of balancers) links.push({ kind: 'requests', from, to });
    const relate = (kind: LinkKind, aliases: readonly string[]): void => {
      for (const alias of aliases) {
        const from = numbers.get(alias);
        if (from !== undefined && from !== to) links.push({ kind, from, to });
      }
    };
    relate('starts-after', startsAfter);
    relate('scales-with', scalesWith);
  });
  return links;
}

/** What each instance of a load balancer has sent and has no answer to yet, by its uid. */
export function sentBy(lanes: readonly Lane[]): ReadonlyMap<string, number> {
  const sent = new Map<string, number>();
  for (const { entry } of lanes)
    for (const { balancers } of entry.instances ?? [])
      for (const { balancer, requestsInFlight } of balancers)
        sent.set(balancer, (sent.get(balancer) ?? 0) + requestsInFlight);
  return sent;
}
