/** The user ids of tenants, as a backup is put into a folder whose machine may have given out some of its own. */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ProviderError } from '../../app/errors.ts';
import {
  ALLOCATIONS_FILE,
  joinAllocations,
  parseAllocations,
  readAllocations,
  writeAllocations,
  type Allocations,
  type Joined,
  type PresentUser,
} from '../users/allocations.ts';
import { usersPresent } from '../users/present.ts';
import { DATABASE_FILE, USERS_FILE } from './manifest.ts';

/**
 * To be done before the database is exchanged: an id too many harms nobody, and a tenant without the id that its instances have would
 * get another one. Nothing is done for a backup without user ids. Answers who could not have the one of the backup.
 */
export async function restoreUsers(scratch: string, dataDirectory: string): Promise<Joined['refused']> {
  const text = await readFile(join(scratch, USERS_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const path = join(dataDirectory, ALLOCATIONS_FILE);
  const machine = await readable(path);
  const present = await presentOf(dataDirectory, join(scratch, DATABASE_FILE));
  const { users, refused } = joinAllocations(machine, present, parseAllocations(text));
  await writeAllocations(path, users);
  return refused;
}

/** A file that cannot be read is what a backup is for: it is kept beside the new one. */
async function readable(path: string): Promise<Allocations> {
  try {
    return await readAllocations(path);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    await copyFile(path, `${path}.damaged`);
    return new Map();
  }
}

async function presentOf(dataDirectory: string, database: string): Promise<PresentUser[]> {
  const found = await usersPresent(dataDirectory);
  if (found.length === 0) return [];
  const reader = new DatabaseSync(database, { readOnly: true });
  try {
    const tenantOf = reader.prepare('select t.uid from cluster c join tenant t on t.name = c.tenant where c.uid = ?');
    return found.map(({ cluster, user }) => {
      const uid = tenantOf.get(cluster)?.uid;
      return { user, tenant: typeof uid === 'string' ? uid : null };
    });
  } finally {
    reader.close();
  }
}
