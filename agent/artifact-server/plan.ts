/** Which archives are kept. Pure. */
import type { ArtifactList } from '../../schema/agent/artifact-server.ts';

type Artifact = ArtifactList['artifacts'][number];

export interface ShelfPlan {
  /** What is missing, the most wanted first. */
  readonly fetch: readonly Artifact[];
  readonly drop: readonly string[];
  /** What is wanted and finds no room. */
  readonly left: readonly string[];
}

/** The most wanted ones that fit together. What is not wanted goes; so what is kept never has more bytes than there may be. */
export function planShelf(held: ReadonlySet<string>, wanted: readonly Artifact[], maximumBytes: number): ShelfPlan {
  const kept = new Set<string>();
  const fetch: Artifact[] = [];
  const left: string[] = [];
  let room = maximumBytes;
  for (const artifact of wanted) {
    const { digest, bytes } = artifact;
    if (kept.has(digest)) continue;
    if (bytes > room) {
      left.push(digest);
      continue;
    }
    room -= bytes;
    kept.add(digest);
    if (!held.has(digest)) fetch.push(artifact);
  }
  return { fetch, drop: [...held].filter((digest) => !kept.has(digest)), left };
}
