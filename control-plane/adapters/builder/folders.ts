/** The folders that builds work in: `<directory>/scratch` for the trees under way, `<directory>/cache` for what is kept. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildFolders } from '../../app/ports/artifacts.ts';

/** Removes the trees that builds of an earlier run left when a crash cut them short. */
export async function createBuildFolders(directory: string): Promise<BuildFolders> {
  const scratch = join(directory, 'scratch');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  return {
    async scratch(build) {
      const path = await mkdtemp(join(scratch, `${build}-`));
      return { path, remove: () => rm(path, { recursive: true, force: true }) };
    },
    cache: (cluster) => join(directory, 'cache', cluster),
  };
}
