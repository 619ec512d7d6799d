/**
 * The volumes of instances, `<data>/volumes/<service cluster>/<ordinal>/<name>/`: they are made for the first instance that has their ordinal,
 * outlive it, and go with the service cluster. Who has which ordinal is in the instances' documents.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import { isId } from '../../../schema/ids.ts';
import type { Volume } from '../../../schema/manifests/volume.ts';
import { ProviderError } from '../../app/errors.ts';
import { removeTree } from '../users/access.ts';
import { folderError } from './folder.ts';

const run = promisify(execFile);
const TRASH = '.trash-';
/** Passed through by name by the users of tenants, and not to be listed. */
const PASSAGE_MODE = 0o711;

export class VolumeFolders {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Clears what a crash left half deleted. */
  async open(): Promise<void> {
    try {
      await mkdir(this.#root, { recursive: true, mode: PASSAGE_MODE });
      for (const name of await readdir(this.#root))
        if (name.startsWith(TRASH)) await removeTree(join(this.#root, name));
    } catch (error) {
      throw folderError(error, this.#root);
    }
  }

  /**
   * Those of an ordinal, made where there are none yet. `user`: whose they are, also what lies in them; the control plane's own if absent.
   */
  async make(
    cluster: string,
    ordinal: number,
    volumes: readonly Volume[],
    user: number | undefined,
  ): Promise<NonNullable<InstanceDocument['volumes']>> {
    const folder = join(this.#folderOf(cluster), String(ordinal));
    try {
      await mkdir(folder, { recursive: true, mode: PASSAGE_MODE });
      const made = volumes.map(({ name }) => ({ name, path: join(folder, name) }));
      for (const { path } of made) {
        await mkdir(path, { recursive: true, mode: 0o700 });
        await giveTo(path, user);
      }
      return made;
    } catch (error) {
      throw folderError(error, folder);
    }
  }

  /** Deletes all data of a service cluster, whose instances have ended. Idempotent. */
  async removeCluster(cluster: string): Promise<void> {
    const trash = join(this.#root, `${TRASH}${cluster}-${randomBytes(4).toString('hex')}`);
    try {
      await rename(this.#folderOf(cluster), trash);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw folderError(error, this.#folderOf(cluster));
    }
    await removeTree(trash);
  }

  #folderOf(cluster: string): string {
    if (isId(cluster)) return join(this.#root, cluster);
    throw new ProviderError(
      'INSTANCE_ID_INVALID',
      `${JSON.stringify(cluster).slice(0, 60)} is no uid of a service cluster; ids are 1 to 40 lower-case letters, digits and hyphens`,
    );
  }
}

/** Where tenants have got users of their own since, what was written before is theirs, too. */
async function giveTo(path: string, user: number | undefined): Promise<void> {
  const owner = user ?? process.getuid?.();
  const { uid } = await stat(path);
  if (owner === undefined || uid === owner) return;
  // coreutils goes by open folders and follows no link; whoever had it has ended. Depth first: the folder itself comes last, and says that it is done.
  await run('find', [path, '-depth', '-exec', 'chown', '-h', `${owner}:${owner}`, '{}', '+']);
}
