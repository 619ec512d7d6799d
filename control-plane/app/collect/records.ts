/** The records that a collection looks at, and their removal. */
import type { HeldSource, RecordKind, Records } from '../../domain/collection/holdings.ts';
import type { SourceFetcher } from '../ports/artifacts.ts';
import type { Store, Transaction } from '../ports/store.ts';
import type { InstanceRecord } from '../records/instances.ts';
import type { SourceRecord } from '../records/sources.ts';

const LIVE: readonly InstanceRecord['state'][] = [
  'created',
  'initialized',
  'starting',
  'active',
  'maintenance',
  'ready-to-shutdown',
  'faulty',
];
/** Records removed in one transaction: a few milliseconds of the event loop. */
const CHUNK = 200;

type MirrorOf = Pick<SourceFetcher, 'mirrorOf'>;

export async function readRecords(store: Store, fetcher: MirrorOf): Promise<Records> {
  // Clusters last: what belongs to one that was made meanwhile is not taken for what one has left.
  const [cartridges, releases, rollouts, builds, sources, uploads, artifacts, instances] = await Promise.all([
    store.cartridges.find({}),
    store.releases.find({}),
    store.rollouts.find({}),
    store.builds.find({}),
    store.sources.find({}),
    store.uploads.find({}),
    store.artifacts.find({}),
    store.instances.find({ state: LIVE }),
  ]);
  return {
    releases,
    rollouts,
    builds,
    sources: sources.map((source) => held(source, fetcher)),
    uploads,
    artifacts,
    cartridges: cartridges.flatMap(({ digest }) => digest ?? []),
    running: instances.flatMap(({ release }) => release ?? []),
    clusters: await store.clusters.find({}),
  };
}

function held({ uid, tenant, cluster, createdAt, origin }: SourceRecord, fetcher: MirrorOf): HeldSource {
  const from =
    origin.kind === 'git' ? { mirror: fetcher.mirrorOf({ tenant, url: origin.url }) } : { upload: origin.digest };
  return { uid, tenant, cluster, createdAt, from };
}

/** Removes them, but for artifacts that were built again since they were read. Answers how many of each kind went. */
export async function removeRecords(
  store: Store,
  records: { readonly [Kind in RecordKind]: Records[Kind] },
): Promise<Record<RecordKind, number>> {
  const removed = { releases: 0, rollouts: 0, builds: 0, sources: 0, uploads: 0, artifacts: 0 };
  // What refers to others goes before them: whatever ends the program, nothing that is left points at what is gone. But for
  // uploads: without its source one would be taken for one that was never deployed, and wait for that.
  for (const kind of ['rollouts', 'releases', 'builds', 'uploads', 'sources'] as const)
    removed[kind] = await inChunks<{ readonly uid: string }>(records[kind], (chunk) =>
      store.transaction(async (tx) => {
        for (const { uid } of chunk) await tx[kind].delete(uid);
        return chunk.length;
      }),
    );
  removed.artifacts = await inChunks(records.artifacts, (chunk) =>
    store.transaction(async (tx) => {
      let count = 0;
      for (const artifact of chunk) count += (await removeArtifact(tx, artifact)) ? 1 : 0;
      return count;
    }),
  );
  return removed;
}

async function removeArtifact(tx: Transaction, { uid, createdAt }: Records['artifacts'][number]): Promise<boolean> {
  if ((await tx.artifacts.get(uid))?.createdAt !== createdAt) return false;
  await tx.artifacts.delete(uid);
  return true;
}

async function inChunks<T>(things: readonly T[], work: (chunk: readonly T[]) => Promise<number>): Promise<number> {
  let count = 0;
  for (let from = 0; from < things.length; from += CHUNK) count += await work(things.slice(from, from + CHUNK));
  return count;
}
