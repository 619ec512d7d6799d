/** The service clusters that a page follows, as the messages of the subscription "overview" have them. */
import type { ClusterEntryFragment, ClusterTrendFragment } from '../generated/operations.ts';
import { follow, stepOf, trendOf, type Trend } from './trend.ts';

/** A service cluster with the last minutes of its factor; null: it has none. The same object until something of it changes. */
export interface Cluster<Entry extends ClusterEntryFragment = ClusterEntryFragment> {
  readonly entry: Entry;
  readonly trend: Trend | null;
}

export interface Clusters<Entry extends ClusterEntryFragment = ClusterEntryFragment> {
  /** In the order in which they were told of first. */
  readonly byUid: ReadonlyMap<string, Cluster<Entry>>;
  /** How much the control plane's clock is ahead of this machine's, in milliseconds; negative: behind. */
  readonly clockAhead: number;
}

/** One message. `at`, `from`: ISO 8601, by the control plane's clock. */
export interface Told<Entry> {
  readonly at: string;
  readonly isWhole: boolean;
  readonly changed: readonly Entry[];
  readonly removed: readonly string[];
  readonly recent: readonly ClusterTrendFragment[];
}

/** @param now milliseconds since the epoch, by this machine's clock */
export function applyTold<Entry extends ClusterEntryFragment>(
  before: Clusters<Entry> | undefined,
  { at, isWhole, changed, removed, recent }: Told<Entry>,
  now: number,
): Clusters<Entry> {
  const tells = Date.parse(at);
  const known = before?.byUid ?? new Map<string, Cluster<Entry>>();
  const begun = new Map(recent.map((trend) => [trend.uid, trendOf(trend)]));
  const byUid = new Map(isWhole ? [] : known);
  for (const uid of removed) byUid.delete(uid);
  for (const entry of changed) {
    const trend = begun.get(entry.uid) ?? known.get(entry.uid)?.trend ?? undefined;
    byUid.set(entry.uid, { entry, trend: trendNow(entry, trend, stepOf(tells)) });
  }
  return { byUid, clockAhead: tells - now };
}

/** Its trend in a step in which nothing else is known of it. */
export function trendNow(entry: ClusterEntryFragment, trend: Trend | null | undefined, step: number): Trend | null {
  const { factor } = entry;
  if (factor === null) return null;
  // What is shown of an instance that has fallen silent is what it said last; a chart would draw it on and on.
  const observed = isLate(entry) ? null : factor.observed;
  return follow(trend ?? undefined, factor.name, step, { observed, capacity: factor.capacity });
}

/** Whether its samples are late: older than those of healthy agents ever are. */
export function isLate({ sampleAgeSeconds, counts }: ClusterEntryFragment): boolean {
  return counts.active > 0 && sampleAgeSeconds !== null && sampleAgeSeconds > 0;
}
