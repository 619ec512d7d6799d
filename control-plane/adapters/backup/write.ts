/** Writes a backup: one tar archive of a snapshot of the database, the user ids of tenants, the artifacts, and a manifest in front of them. */
import { link, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { describeSnapshot } from '../database/snapshot.ts';
import { digestOf } from './digest.ts';
import { ALLOCATIONS_FILE, readAllocations, writeAllocations } from '../users/allocations.ts';
import { DATABASE_FILE, isBackupPath, MANIFEST_FILE, promisedDigest, USERS_FILE } from './manifest.ts';
import type { BackupManifest } from './manifest.ts';

export interface BackupSource {
  /** Where the artifacts are; scratch files are made beside them, on the same file system. */
  readonly dataDirectory: string;
  /** Writes a consistent copy of the database to this path, as a SQLite file. */
  readonly snapshot: (file: string) => Promise<void>;
  readonly version: string;
  readonly keyReference: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Takes the snapshot, then writes the archive to what `into` answers when it is told the manifest. The database comes first, so that
 * every artifact that it names is in the archive: one is never changed, and a link keeps it while it is read, should it be removed
 * meanwhile. Throws `ProviderError` TENANT_USERS_DAMAGED; rejects when the archive could not be written whole.
 */
export async function writeBackup(
  source: BackupSource,
  into: (manifest: BackupManifest) => Writable,
): Promise<BackupManifest> {
  const scratch = await mkdtemp(join(source.dataDirectory, 'backup-'));
  try {
    const database = join(scratch, DATABASE_FILE);
    await source.snapshot(database);
    const { migrations, rows } = describeSnapshot(database);
    const files = [
      { path: DATABASE_FILE, ...(await digestOf(database)) },
      ...(await copyUsers(source, scratch)),
      ...(await linkArtifacts(source, scratch)),
    ];
    const manifest: BackupManifest = {
      v: 1,
      cartwright: source.version,
      createdAt: new Date(source.now).toISOString(),
      migrations,
      rows,
      files,
      keyReference: source.keyReference,
    };
    await writeFile(join(scratch, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
    const paths = [MANIFEST_FILE, ...files.map(({ path }) => path)];
    await pipeline(create({ cwd: scratch, portable: true, strict: true }, paths), into(manifest));
    return manifest;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Read after the database, so that no tenant of that is missing; damage is told here, where the file can still be mended. */
async function copyUsers(
  { dataDirectory }: BackupSource,
  scratch: string,
): Promise<{ path: string; sha256: string; bytes: number }[]> {
  const users = await readAllocations(join(dataDirectory, ALLOCATIONS_FILE));
  if (users.size === 0) return [];
  await writeAllocations(join(scratch, USERS_FILE), users);
  return [{ path: USERS_FILE, ...(await digestOf(join(scratch, USERS_FILE))) }];
}

async function linkArtifacts(
  { dataDirectory }: BackupSource,
  scratch: string,
): Promise<{ path: string; sha256: string; bytes: number }[]> {
  await mkdir(join(scratch, 'artifacts'));
  const linked: { path: string; sha256: string; bytes: number }[] = [];
  for (const name of (await readdir(join(dataDirectory, 'artifacts')).catch(() => [])).sort()) {
    const path = `artifacts/${name}`;
    const sha256 = promisedDigest(path);
    if (!isBackupPath(path) || sha256 === undefined) continue;
    await link(join(dataDirectory, path), join(scratch, path));
    linked.push({ path, sha256, bytes: (await stat(join(scratch, path))).size });
  }
  return linked;
}
