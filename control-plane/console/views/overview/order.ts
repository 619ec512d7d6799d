/** In which order the overview lists service clusters. */
import { urgency } from '../../clusters/attention.ts';
import { loadShare } from '../../clusters/load-share.ts';
import type { Cluster } from '../../clusters/overview-state.ts';
import type { ClusterEntryFragment } from '../../generated/operations.ts';

export type Sort = 'attention' | 'name' | 'load';

type Entry = ClusterEntryFragment;

/** By tenant, application and alias, in the order of their code units: ten times as fast as by a language's rules. */
function byName(a: Entry, b: Entry): number {
  return compare(a.tenant, b.tenant) || compare(a.applicationName, b.applicationName) || compare(a.alias, b.alias);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const ORDERS: Readonly<Record<Sort, (a: Entry, b: Entry) => number>> = {
  name: byName,
  attention: (a, b) => urgency(a) - urgency(b) || byName(a, b),
  // The most loaded first; what nothing is known of last.
  load: (a, b) => compareLoad(loadShare(b.factor) ?? -1, loadShare(a.factor) ?? -1) || byName(a, b),
};

function compareLoad(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** A new list. */
export function sorted(clusters: Iterable<Cluster>, sort: Sort): Cluster[] {
  const order = ORDERS[sort];
  return [...clusters].sort((a, b) => order(a.entry, b.entry));
}

/**
 * The clusters in the places that they have already, while somebody points at one of them: what is new comes last.
 *
 * @param places uids, in the order of before
 */
export function inPlaces(clusters: readonly Cluster[], places: readonly string[]): Cluster[] {
  const place = new Map(places.map((uid, index) => [uid, index]));
  const at = ({ entry }: Cluster): number => place.get(entry.uid) ?? places.length;
  return [...clusters].sort((a, b) => at(a) - at(b));
}
