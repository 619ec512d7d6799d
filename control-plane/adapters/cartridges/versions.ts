/**
 * Versions of cartridges: each is an archive in the artifact store, and unpacked in a folder called by its digest, where instances
 * run it from. An upgrade of the package adds a version and touches none that a release was made with.
 */
import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readFile, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArtifactError } from '../../app/errors.ts';
import type { ArtifactStore } from '../../app/ports/artifacts.ts';
import type { LoadedCartridge } from './load.ts';

/** Of the cartridge's folder: nothing that runs needs them. */
const LEFT_OUT = ['sample', 'program'];
const INCOMING = '.incoming-';
/** Leads to the present version of a cartridge. */
const PRESENT = 'present';
/** Instances of tenants pass through by name; what is in a version everybody may read. */
const PASSAGE_MODE = 0o711;
const MAXIMUM_BYTES = 256 * 1024 * 1024;

export interface CartridgeVersion {
  readonly name: string;
  /** `sha256-<hex>` of the archive. */
  readonly digest: string;
}

export interface CartridgeVersionsOptions {
  /** Absolute path; made if it is missing. */
  readonly directory: string;
  readonly artifacts: Pick<ArtifactStore, 'pack' | 'unpack' | 'path'>;
  /** Absolute path of the folder that holds, by cartridge, the bundles that were built for it. */
  readonly bundles: string;
}

export class CartridgeVersions {
  readonly #options: CartridgeVersionsOptions;

  constructor(options: CartridgeVersionsOptions) {
    this.#options = options;
  }

  /** Makes the folder, and removes what a crash left half written. */
  async open(): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true });
    await chmod(directory, PASSAGE_MODE);
    for (const name of await readdir(directory))
      if (name.startsWith(INCOMING)) await rm(join(directory, name), { recursive: true, force: true });
  }

  /** Absolute path that leads to the folder of whichever version is the present one. */
  presentOf(name: string): string {
    return join(this.#options.directory, name, PRESENT);
  }

  /** Absolute path of the folder of a version, whether or not it is there. */
  folderOf({ name, digest }: CartridgeVersion): string {
    return join(this.#options.directory, name, digest);
  }

  /** Keeps a cartridge as it is now, and makes it the present version. The same content is the same version. */
  async keep({ directory, manifest }: LoadedCartridge): Promise<CartridgeVersion> {
    const { artifacts, bundles } = this.#options;
    const { name } = manifest.metadata;
    return this.#incoming(async (scratch) => {
      const left = LEFT_OUT.map((folder) => join(directory, folder));
      await cp(directory, scratch, { recursive: true, dereference: true, filter: (path) => !left.includes(path) });
      for (const bundle of await bundlesIn(join(bundles, name))) await cp(bundle, join(scratch, basename(bundle)));
      // Hardly a start finds another: then nothing is packed and written.
      const known = await this.#sameAsPresent(name, scratch);
      if (known !== undefined) return known;
      const { digest } = await artifacts.pack(scratch);
      const version = { name, digest };
      await this.#settle(scratch, version);
      await this.#makePresent(version);
      return version;
    });
  }

  /** Unpacks a version whose folder is gone. Answers whether it is there now. */
  async restore(version: CartridgeVersion): Promise<boolean> {
    const { artifacts } = this.#options;
    if (await isThere(this.folderOf(version))) return true;
    if ((await artifacts.path(version.digest)) === undefined) return false;
    return this.#incoming(async (scratch) => {
      await artifacts.unpack(version.digest, scratch, MAXIMUM_BYTES);
      await this.#settle(scratch, version);
      return true;
    });
  }

  /** Removes the folders of all other versions. */
  async keepOnly(versions: readonly CartridgeVersion[]): Promise<void> {
    const { directory } = this.#options;
    const kept = new Set(versions.map((version) => this.folderOf(version)));
    for (const name of await readdir(directory))
      for (const digest of await readdir(join(directory, name))) {
        const folder = join(directory, name, digest);
        if (digest !== PRESENT && !kept.has(folder)) await rm(folder, { recursive: true, force: true });
      }
  }

  async #sameAsPresent(name: string, scratch: string): Promise<CartridgeVersion | undefined> {
    const digest = await readlink(this.presentOf(name)).catch(() => undefined);
    if (digest === undefined || (await this.#options.artifacts.path(digest)) === undefined) return undefined;
    const version = { name, digest };
    return (await isSameTree(scratch, this.folderOf(version))) ? version : undefined;
  }

  async #makePresent(version: CartridgeVersion): Promise<void> {
    const link = this.presentOf(version.name);
    if ((await readlink(link).catch(() => undefined)) === version.digest) return;
    const next = join(this.#options.directory, `${INCOMING}${randomUUID()}`);
    await symlink(version.digest, next);
    // At once: nobody finds none.
    await rename(next, link);
  }

  async #incoming<T>(work: (scratch: string) => Promise<T>): Promise<T> {
    const scratch = join(this.#options.directory, `${INCOMING}${randomUUID()}`);
    try {
      await mkdir(scratch);
      return await work(scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** Gives a complete folder its name, at once; one that is there already is the same. */
  async #settle(scratch: string, version: CartridgeVersion): Promise<void> {
    const target = this.folderOf(version);
    if (await isThere(target)) return;
    await openToRead(scratch);
    const parent = join(this.#options.directory, version.name);
    await mkdir(parent, { recursive: true });
    await chmod(parent, PASSAGE_MODE);
    await rename(scratch, target);
  }
}

async function bundlesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.mjs')).map((name) => join(folder, name));
}

/** The same names with the same contents, and the same of them executable. */
async function isSameTree(one: string, other: string): Promise<boolean> {
  const [names, others] = await Promise.all([readdir(one), readdir(other).catch(() => [])]);
  if (names.length !== others.length) return false;
  for (const name of names) {
    const [here, there] = [join(one, name), join(other, name)];
    const [a, b] = await Promise.all([stat(here), stat(there).catch(() => undefined)]);
    if (b === undefined || a.isDirectory() !== b.isDirectory()) return false;
    if (a.isDirectory()) {
      if (!(await isSameTree(here, there))) return false;
      continue;
    }
    const isRun = (stats: typeof a): boolean => (stats.mode & 0o111) !== 0;
    if (a.size !== b.size || isRun(a) !== isRun(b)) return false;
    const [left, right] = await Promise.all([readFile(here), readFile(there)]);
    if (!left.equals(right)) return false;
  }
  return true;
}

async function isThere(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}

/** Whatever the process's umask is: the programs of tenants run it. */
async function openToRead(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToRead(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o111) === 0 ? 0o644 : 0o755);
    else if (!entry.isSymbolicLink())
      throw new ArtifactError('ARTIFACT_INVALID', `${path} is neither a file nor a folder; a cartridge cannot hold it`);
  }
}
