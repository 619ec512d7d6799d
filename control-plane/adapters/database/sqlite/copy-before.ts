/** A copy of a SQLite database from before its migration, made by itself: the way back to the version that could read it. */
import { readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../../app/errors.ts';
import { copyDatabase } from '../snapshot.ts';

/** Copies that are kept of a database, the newest. */
export const COPIES_KEPT = 3;

/** Beside the copy the migration itself may write every page once more, and the disk is not to be filled to the last byte. */
const SPARE_BYTES = 16 * 1024 * 1024;

/**
 * Copies the database behind this connection to `FILE.TIME.before-MIGRATION` and returns that path; older copies beyond the
 * newest three are removed.
 *
 * Throws `StoreUnavailable` DATABASE_FULL, before anything was written, when the disk has no room for the copy and the migration.
 */
export async function copyBefore(
  database: DatabaseSync,
  file: string,
  migration: string,
  now: number,
): Promise<string> {
  await checkRoom(file);
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const copy = `${file}.${time}.before-${migration}`;
  const partial = `${copy}.partial`;
  try {
    await copyDatabase(database, partial);
    await rename(partial, copy);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await removeOld(file);
  return copy;
}

async function checkRoom(file: string): Promise<void> {
  const sizes = await Promise.all(
    [file, `${file}-wal`].map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const needed = 2 * sizes.reduce((sum, size) => sum + size, 0) + SPARE_BYTES;
  const { bavail, bsize } = await statfs(dirname(file));
  if (bavail * bsize >= needed) return;
  throw new StoreUnavailable(
    'DATABASE_FULL',
    `the database ${file} is to be migrated, and the disk has ${mebibytes(bavail * bsize)} MiB free of the ${mebibytes(needed)} MiB that a copy and the migration need; free some. Nothing was changed`,
  );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}

/** The time in their names orders them. */
async function removeOld(file: string): Promise<void> {
  const names = (await readdir(dirname(file))).filter(
    (name) => name.startsWith(`${basename(file)}.`) && /\.\d{8}T\d{6}Z\.before-/.test(name),
  );
  for (const name of names.sort().slice(0, -COPIES_KEPT)) await rm(join(dirname(file), name), { force: true });
}
