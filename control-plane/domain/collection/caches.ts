/** Which build caches stay: those that a build may be using, and of the others as many as the bounds leave room for. Pure. */
import type { HeldBuild, StoredThing } from './holdings.ts';

/** A cache that no build has used for so long. */
const UNUSED_MILLISECONDS = 30 * 24 * 3600_000;

export interface CacheBounds {
  /** Bytes that the cache of one service cluster may take; one that has grown beyond goes as a whole. */
  readonly component: number;
  /** Bytes of all of them together; beyond it the one goes first whose last build is the oldest. */
  readonly total: number;
}

/**
 * Names (service clusters) of the caches that stay. A cache whose build is under way stays, whatever its size, and counts.
 *
 * @param there service clusters that are there
 * @param now milliseconds since the epoch
 */
export function keptCaches(
  caches: readonly StoredThing[],
  builds: readonly HeldBuild[],
  there: ReadonlySet<string>,
  bounds: CacheBounds,
  now: number,
): Set<string> {
  const usedAt = new Map<string, number>();
  const inUse = new Set<string>();
  for (const { cluster, createdAt, finishedAt } of builds) {
    if (finishedAt === null) inUse.add(cluster);
    else if (there.has(cluster)) usedAt.set(cluster, Math.max(usedAt.get(cluster) ?? 0, createdAt, finishedAt));
  }
  const kept = new Set<string>();
  let room = bounds.total;
  for (const { name, bytes } of caches.filter(({ name }) => inUse.has(name))) {
    kept.add(name);
    // One that has grown beyond its bound goes after its build: until then it takes nothing of the others'.
    room -= Math.min(bytes, bounds.component);
  }
  const others = caches
    .filter(({ name, bytes }) => !inUse.has(name) && bytes <= bounds.component)
    .filter(({ name }) => (usedAt.get(name) ?? 0) > now - UNUSED_MILLISECONDS)
    .toSorted((a, b) => usedAt.get(b.name)! - usedAt.get(a.name)! || (a.name < b.name ? 1 : -1));
  // From the first one on that does not fit, none: an older one in its place would be used less.
  for (const { name, bytes } of others) {
    room -= bytes;
    if (room < 0) break;
    kept.add(name);
  }
  return kept;
}
