/** Puts a backup into the data folder of a stopped control plane, after all of it was checked; what it replaces is kept aside. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CartwrightError } from '../../app/errors.ts';
import { lockDataFolder } from '../database/data-folder-lock.ts';
import { fillPostgres } from '../database/postgres/fill.ts';
import type { PostgresSettings } from '../database/postgres/settings.ts';
import { DATABASE_FILE } from './manifest.ts';
import type { BackupManifest } from './manifest.ts';
import { restoreUsers } from './users.ts';
import { readBackup } from './read.ts';

export interface RestoreOptions {
  readonly file: string;
  readonly dataDirectory: string;
  /** An empty database to restore into; absent: the SQLite file of the folder. */
  readonly postgres?: PostgresSettings;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** Folder of what was replaced; `undefined` when there was nothing. */
  readonly replaced: string | undefined;
  /** Tenants that cannot have the user id that they had in the backup, as here somebody else has it. */
  readonly refusedUsers: readonly { readonly tenant: string; readonly user: number }[];
}

/** While it is there, a restore was cut off in the middle of the exchange, and nothing may start on the folder. */
const UNFINISHED_FILE = 'restore.unfinished';
const SIDES = ['-wal', '-shm'];

/**
 * Throws `CartwrightError` DATA_FOLDER_IN_USE while a control plane runs on the folder, what {@link readBackup} throws, DISK_FULL,
 * or DATABASE_NOT_EMPTY; then nothing of what is there was changed.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { file, dataDirectory, postgres } = options;
  const lock = await lockDataFolder(dataDirectory);
  try {
    await checkRoom(file, dataDirectory);
    const scratch = await mkdtemp(join(dataDirectory, 'restore-'));
    try {
      const manifest = await readBackup(file, scratch);
      await addArtifacts(scratch, dataDirectory);
      const refusedUsers = await restoreUsers(scratch, dataDirectory);
      const database = join(scratch, DATABASE_FILE);
      if (postgres === undefined) return { manifest, refusedUsers, replaced: await exchange(database, options) };
      await fillPostgres(postgres, database);
      return { manifest, refusedUsers, replaced: undefined };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  } finally {
    await lock.close();
  }
}

/** Removes what a backup or a restore left that was killed. To be called by who has locked the folder. */
export async function removeScratch(dataDirectory: string): Promise<void> {
  for (const name of await readdir(dataDirectory))
    if (/^(?:backup|restore)-[A-Za-z0-9]{6}$/.test(name)) await rm(join(dataDirectory, name), { recursive: true });
}

/** Throws `CartwrightError` RESTORE_UNFINISHED when a restore on this folder was cut off. */
export function checkRestored(dataDirectory: string): void {
  if (!existsSync(join(dataDirectory, UNFINISHED_FILE))) return;
  throw new CartwrightError(
    'RESTORE_UNFINISHED',
    `a restore into ${dataDirectory} was cut off; run "cartwright restore" with the same backup again`,
  );
}

async function checkRoom(file: string, directory: string): Promise<void> {
  const bytes = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize > bytes) return;
  throw new CartwrightError(
    'DISK_FULL',
    `the disk of ${directory} has ${bavail * bsize} bytes free of the ${bytes} that the backup needs; free some. Nothing was changed`,
  );
}

/** An artifact is named by its content: one that is there already is the same. */
async function addArtifacts(scratch: string, directory: string): Promise<void> {
  const target = join(directory, 'artifacts');
  await mkdir(target, { recursive: true, mode: 0o700 });
  const names = await readdir(join(scratch, 'artifacts')).catch(() => []);
  for (const name of names) await rename(join(scratch, 'artifacts', name), join(target, name));
  await sync(target);
}

async function exchange(database: string, { dataDirectory, now }: RestoreOptions): Promise<string | undefined> {
  const present = join(dataDirectory, DATABASE_FILE);
  const files = [present, ...SIDES.map((side) => present + side)].filter((path) => existsSync(path));
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const aside = join(dataDirectory, `replaced-${time}`);
  const handle = await open(database, 'r');
  await handle.sync().finally(() => handle.close());
  // From here on a start without the end of this would make an empty database, or read the old log into the new one.
  await writeFile(join(dataDirectory, UNFINISHED_FILE), '', { mode: 0o600 });
  await sync(dataDirectory);
  if (files.length > 0) await mkdir(aside, { recursive: true, mode: 0o700 });
  for (const path of files) await rename(path, join(aside, path.slice(dataDirectory.length + 1)));
  await rename(database, present);
  await sync(dataDirectory);
  await rm(join(dataDirectory, UNFINISHED_FILE));
  await sync(dataDirectory);
  return files.length > 0 ? aside : undefined;
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
