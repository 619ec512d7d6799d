/**
 * The directory of an instance, `<data>/instances/<instance>/`: what a provider leaves there for the agent, and what both
 * leave there for a control plane that comes back and has to find out what it owns.
 *
 * A directory of an instance is always complete: it is written under a name that no instance can have and then renamed,
 * and it is renamed away before it is deleted.
 */
import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { connectionProblem, instanceDocument, processRecord } from '../../../schema/agent/instance.ts';
import type { ConnectionProblem, InstanceDocument, ProcessRecord } from '../../../schema/agent/instance.ts';
import { isId } from '../../../schema/ids.ts';
import { mountPathIn } from '../../../schema/manifests/volume.ts';
import { ProviderError } from '../../app/errors.ts';
import { removeTree } from '../users/access.ts';
import { readBounded } from './foreign-file.ts';

/** What the provider notes right after the spawn, until the agent has written its own `agent.json`. */
const spawnRecord = z.object({
  v: z.literal(1),
  bootId: z.string(),
  agent: z.object({ pid: z.int().positive(), startTicks: z.int().min(0) }),
});
export type SpawnRecord = z.infer<typeof spawnRecord>;

export interface InstancePaths {
  readonly directory: string;
  readonly document: string;
  readonly token: string;
  readonly brokerAuthority: string;
  readonly connection: string;
  readonly logs: string;
  readonly agentLog: string;
  readonly spawned: string;
  readonly agent: string;
}

function instancePaths(directory: string): InstancePaths {
  return {
    directory,
    document: join(directory, 'instance.json'),
    token: join(directory, 'token'),
    brokerAuthority: join(directory, 'broker-ca.pem'),
    connection: join(directory, 'connection.json'),
    logs: join(directory, 'logs'),
    agentLog: join(directory, 'logs', 'agent.log'),
    spawned: join(directory, 'spawned.json'),
    agent: join(directory, 'agent.json'),
  };
}

/** What was read of an instance's directory. Records that are missing or not readable are absent. */
export interface InstanceFolder {
  readonly paths: InstancePaths;
  readonly document: InstanceDocument;
  readonly spawned: SpawnRecord | undefined;
  readonly record: ProcessRecord | undefined;
  readonly problem: ConnectionProblem | undefined;
}

/** Bytes of a document or record; an instance can write what it likes into its own. */
const LARGEST_RECORD = 1024 ** 2;

const HALF = '.new-';
const TRASH = '.trash-';

/** Turns an error of the file system into one that says what to do about it. */
export function folderError(error: unknown, path: string): Error {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ProviderError('DISK_FULL', `no space left to write ${path}; free some, or move the data folder`, {
      cause: error,
    });
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new ProviderError(
      'DATA_FOLDER_NOT_WRITABLE',
      `${path} cannot be written (${code}); make it a folder that the user running the control plane owns, or choose another data folder`,
      { cause: error },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readBounded(path, LARGEST_RECORD);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A record that is being written, or damaged: as good as absent. What runs is asked of the kernel.
    return undefined;
  }
  return schema.safeParse(value).data;
}

/** Still this user's; the other one may read it. */
async function shareFile(file: string, user: number): Promise<void> {
  await chown(file, -1, user);
  await chmod(file, 0o640);
}

async function handOver(half: InstancePaths, user: number): Promise<void> {
  await writeFile(half.agentLog, '', { mode: 0o600, flag: 'wx' });
  await chown(half.agentLog, user, user);
  for (const file of [half.token, half.document]) await shareFile(file, user);
  for (const folder of [half.logs, half.directory]) {
    await chown(folder, -1, user);
    await chmod(folder, 0o1770);
  }
}

/** Where a container has its volumes, a process has links to them. */
async function linkVolumes(directory: string, { volumes = [], cartridge }: InstanceDocument): Promise<void> {
  for (const { name, path } of volumes) {
    const declared = cartridge.spec.volumes?.find((volume) => volume.name === name);
    if (declared === undefined) continue;
    const link = mountPathIn(directory, declared);
    await mkdir(dirname(link), { recursive: true });
    await symlink(path, link);
  }
}

export class InstanceFolders {
  readonly root: string;
  /** Documents never change once written. */
  readonly #documents = new Map<string, InstanceDocument>();

  constructor(root: string) {
    this.root = root;
  }

  /** Throws `ProviderError` INSTANCE_ID_INVALID for what is no id and might lead elsewhere. */
  paths(instance: string): InstancePaths {
    if (!isId(instance)) {
      throw new ProviderError(
        'INSTANCE_ID_INVALID',
        `${JSON.stringify(instance).slice(0, 60)} is no instance id; ids are 1 to 40 lower-case letters, digits and hyphens`,
      );
    }
    return instancePaths(join(this.root, instance));
  }

  /** Makes the root, proves that it can be written, and clears what a crash left half made or half deleted. */
  async open(): Promise<void> {
    try {
      await mkdir(this.root, { recursive: true, mode: 0o700 });
      const probe = join(this.root, `${HALF}probe-${process.pid}`);
      await writeFile(probe, '');
      await rm(probe);
    } catch (error) {
      throw folderError(error, this.root);
    }
    for (const name of await readdir(this.root)) {
      if (!name.startsWith(HALF) && !name.startsWith(TRASH)) continue;
      await removeTree(join(this.root, name));
    }
  }

  /** Ids of all instances that have a directory. */
  async list(): Promise<string[]> {
    const entries = await readdir(this.root, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && isId(entry.name)).map((entry) => entry.name);
  }

  /** `undefined` when there is no such instance, or its document is damaged. */
  async read(instance: string): Promise<InstanceFolder | undefined> {
    const paths = this.paths(instance);
    const document = this.#documents.get(instance) ?? (await readJson(paths.document, instanceDocument));
    if (document === undefined || document.instance !== instance) return undefined;
    const [spawned, record, problem] = await Promise.all([
      readJson(paths.spawned, spawnRecord),
      readJson<ProcessRecord>(paths.agent, processRecord),
      readJson<ConnectionProblem>(paths.connection, connectionProblem),
    ]);
    // Read again after the records: a directory that was removed meanwhile must not come back out of the cache.
    if (
      spawned === undefined &&
      record === undefined &&
      (await readJson(paths.document, instanceDocument)) === undefined
    ) {
      this.#documents.delete(instance);
      return undefined;
    }
    this.#documents.set(instance, document);
    return { paths, document, spawned, record: record?.instance === instance ? record : undefined, problem };
  }

  /**
   * Writes a whole directory. The token's file is readable by this user alone; in that of another user by that one as well.
   * There the directory stays this user's, with the sticky bit: the other one may add to it, and neither take away nor replace
   * what tells the control plane whose it is.
   */
  async create(document: InstanceDocument, token: string, brokerAuthority?: string): Promise<void> {
    const half = instancePaths(join(this.root, `${HALF}${document.instance}-${randomBytes(4).toString('hex')}`));
    try {
      await mkdir(half.logs, { recursive: true, mode: 0o700 });
      await writeFile(half.token, token, { mode: 0o600 });
      if (brokerAuthority !== undefined) await writeFile(half.brokerAuthority, brokerAuthority, { mode: 0o600 });
      await writeFile(half.document, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 });
      if (document.user !== undefined) {
        if (brokerAuthority !== undefined) await shareFile(half.brokerAuthority, document.user);
        await handOver(half, document.user);
      }
      await linkVolumes(half.directory, document);
      await rename(half.directory, this.paths(document.instance).directory);
    } catch (error) {
      await rm(half.directory, { recursive: true, force: true });
      throw folderError(error, half.directory);
    }
  }

  /** Puts another token in the place of the present one, with the same rights: a reader finds the one or the other. */
  replaceToken(folder: InstanceFolder, token: string): Promise<void> {
    return this.#replace(folder, folder.paths.token, token);
  }

  /** The same with the authorities of brokers; without any the file goes. Answers whether something changed. */
  async replaceAuthority(folder: InstanceFolder, authority: string | undefined): Promise<boolean> {
    const path = folder.paths.brokerAuthority;
    const present = await readBounded(path, LARGEST_RECORD);
    if (present === authority) return false;
    if (authority === undefined) await rm(path, { force: true });
    else await this.#replace(folder, path, authority);
    return true;
  }

  async #replace({ document }: InstanceFolder, path: string, text: string): Promise<void> {
    // A name that nobody can have put a link under.
    const fresh = `${path}.${randomBytes(8).toString('hex')}`;
    try {
      await writeFile(fresh, text, { mode: 0o600, flag: 'wx', flush: true });
      if (document.user !== undefined) await shareFile(fresh, document.user);
      await rename(fresh, path);
    } catch (error) {
      await rm(fresh, { force: true });
      throw folderError(error, path);
    }
  }

  /** Notes the spawned agent; synchronous, so that nothing comes between the spawn and the note. */
  noteSpawned(instance: string, record: SpawnRecord): void {
    const { spawned } = this.paths(instance);
    try {
      // A name that nobody can have put a link under.
      const fresh = `${spawned}.${randomBytes(8).toString('hex')}`;
      writeFileSync(fresh, JSON.stringify(record), { mode: 0o600, flag: 'wx' });
      renameSync(fresh, spawned);
    } catch (error) {
      throw folderError(error, spawned);
    }
  }

  /** Deletes the directory; gone at once for every reader. Does nothing when there is none. */
  async remove(instance: string): Promise<void> {
    const trash = join(this.root, `${TRASH}${instance}-${randomBytes(4).toString('hex')}`);
    this.#documents.delete(instance);
    try {
      await rename(this.paths(instance).directory, trash);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw folderError(error, this.paths(instance).directory);
    }
    await removeTree(trash);
  }
}
