/** The folders that builds work in: `<directory>/scratch` for the trees under way, `<directory>/cache` for what is kept. */
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder, removeMeasured } from '../disk/stored.ts';
import { treeBytes } from './tree-size.ts';
import type { StoredThing } from '../../domain/collection/holdings.ts';
import type { BuildFolders } from '../../app/ports/artifacts.ts';
import { removeTree } from '../users/access.ts';

/** No build takes longer, so that what it changes is measured again until it is over. */
const LONGEST_BUILD_MILLISECONDS = 6 * 3600_000;

/** Removes the trees that builds of an earlier run left when a crash cut them short. */
export async function createBuildFolders(directory: string): Promise<BuildFolders> {
  const scratch = join(directory, 'scratch');
  const caches = join(directory, 'cache');
  await mkdir(scratch, { recursive: true });
  // The folder itself stays: it has the rights that it was given.
  for (const name of await readdir(scratch)) await removeTree(join(scratch, name));
  /** Only builds change a cache: one that none has used of late is as large as it was. */
  const sizes = new Map<string, number>();
  const usedAt = new Map<string, number>();
  async function measure(name: string): Promise<number> {
    const used = usedAt.get(name);
    const known = sizes.get(name);
    if (known !== undefined && used === undefined) return known;
    // What a build has closed so that it cannot be measured is too large: it must not keep the others from being collected.
    const bytes = await treeBytes(join(caches, name), Number.MAX_SAFE_INTEGER).catch(() => Number.MAX_SAFE_INTEGER);
    sizes.set(name, bytes);
    if (used !== undefined && performance.now() - used > LONGEST_BUILD_MILLISECONDS) usedAt.delete(name);
    return bytes;
  }
  return {
    async scratch(build) {
      const path = await mkdtemp(join(scratch, `${build}-`));
      return { path, remove: () => removeTree(path) };
    },
    cache(cluster) {
      usedAt.set(cluster, performance.now());
      return join(caches, cluster);
    },
    async caches() {
      const found = await listFolder(caches);
      const names = new Set(found.map(({ name }) => name));
      for (const known of [sizes, usedAt]) for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      const measured: StoredThing[] = [];
      // One after another: they may hold very many files.
      for (const cache of found) measured.push({ ...cache, bytes: await measure(cache.name) });
      return measured;
    },
    removeCache: (cluster) => removeMeasured(join(caches, cluster)),
  };
}
