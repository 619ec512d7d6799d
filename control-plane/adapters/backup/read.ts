/** Reads a backup into an empty folder and believes nothing of it that was not looked at. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { CartwrightError } from '../../app/errors.ts';
import { checkMigrations } from '../database/migrations/check.ts';
import { checkSnapshot, describeSnapshot } from '../database/snapshot.ts';
import { parseAllocations } from '../users/allocations.ts';
import { digestOf } from './digest.ts';
import {
  DATABASE_FILE,
  invalid,
  isBackupPath,
  MANIFEST_FILE,
  parseManifest,
  promisedDigest,
  USERS_FILE,
} from './manifest.ts';
import type { BackupManifest } from './manifest.ts';

const LARGEST_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * Unpacks `file` into the empty folder `into` and checks all of it: that it is whole, each file by its digest, the database page by
 * page and by the rows of its tables, and that this program knows its schema.
 *
 * Throws `CartwrightError` BACKUP_INVALID, BACKUP_UNREADABLE, or DATABASE_NEWER.
 */
export async function readBackup(file: string, into: string): Promise<BackupManifest> {
  await unpack(file, into);
  const manifest = parseManifest(await readFile(join(into, MANIFEST_FILE), 'utf8').catch(missing));
  for (const { path, bytes, sha256 } of manifest.files) {
    const found = await digestOf(join(into, path)).catch(() => undefined);
    if (found === undefined) throw invalid(`${path} is missing`);
    if (found.bytes !== bytes || found.sha256 !== sha256) throw invalid(`${path} is damaged`);
    const promised = promisedDigest(path);
    if (promised !== undefined && promised !== sha256) throw invalid(`${path} is not what its name says`);
  }
  if (manifest.files.some(({ path }) => path === USERS_FILE)) {
    try {
      parseAllocations(await readFile(join(into, USERS_FILE), 'utf8'));
    } catch (error) {
      throw invalid(`its ${USERS_FILE} cannot be used: ${(error as Error).message.split('\n', 1)[0]}`, error);
    }
  }
  checkMigrations(manifest.migrations, `in ${file}`);
  const database = join(into, DATABASE_FILE);
  const problem = checkSnapshot(database);
  if (problem !== undefined) throw invalid(`its database is damaged (${problem})`);
  const { rows, migrations } = describeSnapshot(database);
  // Both in the order in which a snapshot tells them.
  if (JSON.stringify([rows, migrations]) !== JSON.stringify([manifest.rows, manifest.migrations]))
    throw invalid('its database holds other rows than its manifest says');
  return manifest;
}

async function unpack(file: string, into: string): Promise<void> {
  await stat(file).catch((error: unknown) => {
    throw new CartwrightError('BACKUP_UNREADABLE', `${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  });
  const stranger: string[] = [];
  const target = extract({
    cwd: into,
    strict: true,
    preserveOwner: false,
    filter: (path, entry) => {
      const isKnown =
        'type' in entry &&
        entry.type === 'File' &&
        (isBackupPath(path) || (path === MANIFEST_FILE && (entry.size ?? 0) <= LARGEST_MANIFEST_BYTES));
      if (!isKnown) stranger.push(path);
      return isKnown;
    },
  });
  try {
    await pipeline(createReadStream(file), target);
  } catch (error) {
    throw invalid(`the archive is cut off or damaged (${(error as Error).message})`, error);
  }
  if (stranger.length > 0) throw invalid(`it holds ${JSON.stringify(stranger[0])}`);
}

function missing(error: unknown): never {
  throw invalid('it has no manifest', error);
}
