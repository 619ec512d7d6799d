/**
 * What of sources, builds, artifacts and releases is kept, and what goes. Pure: from the records and what lies on the disk.
 *
 * Kept whatever it costs is what runs, what a roll-out, a rollback to the release before, a build or a fresh upload needs.
 * Beyond that ten releases of each service cluster are kept and the trees that they were built of, as far as the bound on
 * archives allows: trees give way first, then releases, the oldest first.
 */
import { keptCaches, type CacheBounds } from './caches.ts';
import { releasesBefore } from '../releases/release-before.ts';
import type {
  HeldBuild,
  HeldRelease,
  HeldRollout,
  HeldSource,
  HeldUpload,
  OnDisk,
  Records,
  StoredThing,
} from './holdings.ts';

/** Releases kept a service cluster, beside those in use. */
const RELEASES_KEPT = 10;
/** Builds (failed ones included) and roll-outs that a service cluster shows, beside those of its releases. */
const BUILDS_SHOWN = 10;
const ROLLOUTS_SHOWN = 50;
/** Of the roll-outs that succeeded so many are kept, however many were returned since: they say what was live before. */
const SUCCEEDED_KEPT = 10;
/** What is this fresh may be on its way to a record, or to its use. */
export const GRACE_MILLISECONDS = 5 * 60_000;
/** How long a tree that was uploaded waits to be deployed. */
const UNUSED_UPLOAD_MILLISECONDS = 24 * 3600_000;
/** No build takes longer. */
const LONGEST_BUILD_MILLISECONDS = 6 * 3600_000;

export interface CollectionLimits {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Artifacts and uploaded trees together; what is in use is kept beyond it. */
  readonly maximumArchiveBytes: number;
  readonly cacheBounds: CacheBounds;
}

/** Why an archive is kept. */
type KeptFor = 'running' | 'rollback' | 'build' | 'fresh' | 'release' | 'upload' | 'cartridge';

export interface CollectionPlan {
  readonly records: { readonly [Kind in keyof Omit<Records, 'clusters' | 'cartridges' | 'running'>]: Records[Kind] };
  readonly files: OnDisk;
  readonly kept: ReadonlyMap<string, KeptFor>;
}

/** What is to be removed, and why the archives that stay do. */
export function planCollection(records: Records, disk: OnDisk, limits: CollectionLimits): CollectionPlan {
  const { now } = limits;
  const isFresh = (time: number): boolean => time > now - GRACE_MILLISECONDS;
  const there = new Set(records.clusters.map(({ uid }) => uid));
  const sources = new Map(records.sources.map((source) => [source.uid, source]));
  const underWay = records.builds.filter(({ finishedAt }) => finishedAt === null);
  // What a build that runs has stored, and may still make a release of. One of a blocked application may stand there for ever.
  const starts = underWay.flatMap(({ startedAt }) => startedAt ?? []);
  const begun = Math.min(...starts.filter((startedAt) => startedAt > now - LONGEST_BUILD_MILLISECONDS));
  const isInFlight = (time: number): boolean => isFresh(time) || time >= begun;

  const kept = new Map<string, KeptFor>();
  const keep = (digest: string | null, why: KeptFor): void => {
    if (digest !== null && !kept.has(digest)) kept.set(digest, why);
  };
  records.cartridges.forEach((digest) => keep(digest, 'cartridge'));
  const inUse = usedReleases(records, there);
  const before = comeBackTo(records, inUse, there);
  const artifactsOf = (uids: ReadonlySet<string>) => records.releases.filter(({ uid }) => uids.has(uid));
  artifactsOf(inUse).forEach(({ artifact }) => keep(artifact, 'running'));
  artifactsOf(before).forEach(({ artifact }) => keep(artifact, 'rollback'));
  underWay.forEach((build) => keep(uploadOf(build, sources), 'build'));
  const waiting = new Set(records.uploads.filter((upload) => waits(upload, records, now)));
  waiting.forEach(({ digest }) => keep(digest, 'fresh'));
  records.artifacts.filter(({ createdAt }) => isInFlight(createdAt)).forEach(({ uid }) => keep(uid, 'fresh'));
  disk.archives.filter(({ modifiedAt }) => isInFlight(modifiedAt)).forEach(({ name }) => keep(name, 'fresh'));

  // As many of the others as there is room for, the newest first; from the first one on that does not fit, none.
  const bytes = new Map(disk.archives.map(({ name, bytes: size }) => [name, size]));
  let room = limits.maximumArchiveBytes;
  kept.forEach((_, digest) => (room -= bytes.get(digest) ?? 0));
  const fits = (digest: string | null, why: KeptFor): boolean => {
    if (room < 0) return false;
    if (digest === null || kept.has(digest)) return true;
    room -= bytes.get(digest) ?? 0;
    if (room < 0) return false;
    keep(digest, why);
    return true;
  };
  const recent = recentReleases(records.releases, there);
  const releases = new Set([...inUse, ...before]);
  for (const { uid, artifact } of recent) if (!releases.has(uid) && fits(artifact, 'release')) releases.add(uid);

  const keptReleases = records.releases.filter(({ uid }) => releases.has(uid));
  // Whatever the bound of the archives is: they are few and small, and without them a release is none.
  for (const { cartridge } of keptReleases) keep(cartridge.digest ?? null, 'cartridge');
  const builds = keptBuilds(records.builds, keptReleases, there);
  const keptSources = keptSourceUids(records, keptReleases, builds, there);
  // Without its source a tree that is kept for its freshness only would be taken for one that was never deployed.
  for (const upload of waiting)
    for (const source of records.sources) if (isDeployed(source, upload)) keptSources.add(source.uid);
  const building = new Set(underWay.map(({ source }) => source));
  const uploads = new Set(waiting);
  for (const upload of newestFirst(records.uploads)) {
    const users = records.sources.filter((source) => keptSources.has(source.uid) && isOf(source, upload));
    const isBuilt = users.some(({ uid }) => building.has(uid));
    if (isBuilt || (users.length > 0 && fits(upload.digest, 'upload'))) uploads.add(upload);
  }
  const artifacts = new Set(keptReleases.flatMap(({ artifact }) => artifact ?? []));
  const mirrors = usedMirrors(records, keptSources);
  const succeeded = records.rollouts.filter(({ state }) => state === 'succeeded');
  const rollouts = new Set(
    [...newestByCluster(records.rollouts, ROLLOUTS_SHOWN), ...newestByCluster(succeeded, SUCCEEDED_KEPT)]
      .filter(({ cluster }) => there.has(cluster))
      .map(({ uid }) => uid),
  );
  const caches = keptCaches(disk.caches, records.builds, there, limits.cacheBounds, now);
  const unlessFresh = (things: readonly StoredThing[], isKept: (name: string) => boolean): StoredThing[] =>
    things.filter(({ name, modifiedAt }) => !isKept(name) && !isFresh(modifiedAt));
  const files: OnDisk = {
    archives: disk.archives.filter(({ name }) => !kept.has(name)),
    logs: unlessFresh(disk.logs, (name) => builds.has(name)),
    // A cache is fresh only as long as a build may be about to use it, and then there is that build.
    caches: disk.caches.filter(({ name }) => !caches.has(name)),
    mirrors: unlessFresh(disk.mirrors, (name) => mirrors.has(name)),
  };
  return {
    records: {
      releases: records.releases.filter(({ uid }) => !releases.has(uid)),
      rollouts: records.rollouts.filter(({ uid, finishedAt }) => finishedAt !== null && !rollouts.has(uid)),
      builds: records.builds.filter(({ uid }) => !builds.has(uid)),
      sources: records.sources.filter(({ uid }) => !keptSources.has(uid)),
      uploads: records.uploads.filter((upload) => !uploads.has(upload)),
      artifacts: records.artifacts.filter(({ uid, createdAt }) => !artifacts.has(uid) && !isInFlight(createdAt)),
    },
    files,
    kept,
  };
}

/** What runs, is being rolled out, returned to, or waits for its roll-out. */
function usedReleases({ clusters, rollouts, releases, running }: Records, there: ReadonlySet<string>): Set<string> {
  const used = new Set(running);
  for (const { stableRelease, candidateRelease } of clusters)
    for (const uid of [stableRelease, candidateRelease]) if (uid !== null) used.add(uid);
  for (const { cluster, from, to, finishedAt } of rollouts)
    if (finishedAt === null && there.has(cluster)) for (const uid of [from, to]) if (uid !== null) used.add(uid);
  for (const { uid, cluster, state } of releases)
    if (there.has(cluster) && (state === 'candidate' || state === 'stable')) used.add(uid);
  return used;
}

/** What was live before in each service cluster: a rollback to it is always possible, and to the newest that ever was. */
function comeBackTo(
  { clusters, rollouts, releases }: Records,
  used: ReadonlySet<string>,
  there: ReadonlySet<string>,
): Set<string> {
  const others = releases.filter(({ uid, cluster }) => there.has(cluster) && !used.has(uid));
  const kept = new Set(others.map(({ uid }) => uid));
  const past = new Map<string, HeldRollout[]>();
  for (const rollout of newestFirst(rollouts).reverse())
    past.set(rollout.cluster, [...(past.get(rollout.cluster) ?? []), rollout]);
  const before = clusters.flatMap(
    ({ uid, stableRelease }) => releasesBefore(past.get(uid) ?? [], stableRelease).find((one) => kept.has(one)) ?? [],
  );
  const stableOnce = others.filter(({ state }) => state === 'superseded');
  return new Set([...before, ...newestByCluster(stableOnce, 1).map(({ uid }) => uid)]);
}

/** Those of each service cluster that is there, the newest of all first. */
function recentReleases(releases: readonly HeldRelease[], there: ReadonlySet<string>): HeldRelease[] {
  const recent = newestByCluster(
    releases.filter(({ cluster }) => there.has(cluster)),
    RELEASES_KEPT,
  );
  return newestFirst(recent);
}

function keptBuilds(
  all: readonly HeldBuild[],
  releases: readonly HeldRelease[],
  there: ReadonlySet<string>,
): Set<string> {
  const shown = newestByCluster(
    all.filter(({ cluster }) => there.has(cluster)),
    BUILDS_SHOWN,
  );
  return new Set([
    ...all.filter(({ finishedAt }) => finishedAt === null).map(({ uid }) => uid),
    ...releases.flatMap(({ build }) => build ?? []),
    ...shown.map(({ uid }) => uid),
  ]);
}

/** Those of kept builds and releases, and the newest commit of each service cluster: the next look compares with it. */
function keptSourceUids(
  { sources, builds }: Records,
  releases: readonly HeldRelease[],
  keptBuildUids: ReadonlySet<string>,
  there: ReadonlySet<string>,
): Set<string> {
  const commits = sources.filter(({ cluster, from }) => there.has(cluster) && 'mirror' in from);
  return new Set([
    ...builds.filter(({ uid }) => keptBuildUids.has(uid)).map(({ source }) => source),
    ...releases.flatMap(({ source }) => source ?? []),
    ...newestByCluster(commits, 1).map(({ uid }) => uid),
  ]);
}

/** Whether an uploaded tree may still be deployed for the first time since it came. */
function waits(upload: HeldUpload, { sources }: Records, now: number): boolean {
  const { createdAt } = upload;
  if (createdAt > now - GRACE_MILLISECONDS) return true;
  if (createdAt <= now - UNUSED_UPLOAD_MILLISECONDS) return false;
  return !sources.some((source) => isDeployed(source, upload));
}

/** Whether a source is the use of an upload, and not of the same tree that was uploaded before. */
function isDeployed(source: HeldSource, upload: HeldUpload): boolean {
  return source.createdAt >= upload.createdAt && isOf(source, upload);
}

/** Whether a source is that tree, of that tenant. */
function isOf({ tenant, from }: HeldSource, upload: HeldUpload): boolean {
  return tenant === upload.tenant && 'upload' in from && from.upload === upload.digest;
}

function usedMirrors({ sources }: Records, kept: ReadonlySet<string>): Set<string> {
  return new Set(sources.flatMap(({ uid, from }) => (kept.has(uid) && 'mirror' in from ? [from.mirror] : [])));
}

function uploadOf(build: HeldBuild, sources: ReadonlyMap<string, Records['sources'][number]>): string | null {
  const from = sources.get(build.source)?.from;
  return from !== undefined && 'upload' in from ? from.upload : null;
}

/** Uids are in order of creation. */
function byUid(a: { readonly uid: string }, b: { readonly uid: string }): number {
  return a.uid < b.uid ? 1 : a.uid > b.uid ? -1 : 0;
}

function newestFirst<T extends { readonly uid: string }>(things: readonly T[]): T[] {
  return [...things].sort(byUid);
}

function newestByCluster<T extends { readonly uid: string; readonly cluster: string }>(
  things: readonly T[],
  most: number,
): T[] {
  const counts = new Map<string, number>();
  return newestFirst(things).filter(({ cluster }) => {
    const count = (counts.get(cluster) ?? 0) + 1;
    counts.set(cluster, count);
    return count <= most;
  });
}
