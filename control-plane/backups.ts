/** Backups of a data folder that no control plane runs on, and the way back. A part of the composition root. */
import { createWriteStream, existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DATABASE_FILE, type BackupManifest } from './adapters/backup/manifest.ts';
import { restoreBackup, type Restored } from './adapters/backup/restore.ts';
import { writeBackup } from './adapters/backup/write.ts';
import { lockDataFolder } from './adapters/database/data-folder-lock.ts';
import { inspectPostgres } from './adapters/database/postgres/migrate.ts';
import { readPostgresSettings } from './adapters/database/postgres/settings.ts';
import { copyDatabaseFile } from './adapters/database/snapshot.ts';
import { openStore } from './adapters/database/store.ts';
import { readKeyFile } from './adapters/secrets/key-file.ts';
import { CartwrightError } from './app/errors.ts';
import type { Config } from './config.ts';

export { artifactsOf } from './adapters/backup/manifest.ts';

/** Whether a control plane keeps something where `config` says; a folder without its database is none. */
export function hasData({ dataDirectory, database }: Config): boolean {
  return database.kind !== 'sqlite' || existsSync(join(dataDirectory, DATABASE_FILE));
}

/** Writes a backup of what `config` names to `file`, which appears when it is whole. Throws `CartwrightError`. */
export async function backupFolder(config: Config, file: string, packageDirectory: string): Promise<BackupManifest> {
  const { dataDirectory, database } = config;
  const lock = await lockDataFolder(dataDirectory);
  try {
    const partial = `${file}.partial`;
    try {
      const manifest = await writeBackup(
        {
          dataDirectory,
          snapshot: (to) =>
            database.kind === 'sqlite'
              ? copyDatabaseFile(join(dataDirectory, DATABASE_FILE), to)
              : snapshotServer(database, to),
          version: await versionOf(packageDirectory),
          keyReference: (await readKeyFile(config.keyFile))?.at(-1)?.id ?? null,
          now: Date.now(),
        },
        () => createWriteStream(partial, { mode: 0o600, flush: true }),
      );
      await rename(partial, file);
      return manifest;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  } finally {
    await lock.close();
  }
}

/** Restores `file` into what `config` names. Throws `CartwrightError`; then nothing was changed. */
export async function restoreFolder({ dataDirectory, database }: Config, file: string): Promise<Restored> {
  return await restoreBackup({
    file,
    dataDirectory,
    ...(database.kind === 'postgres' && { postgres: await readPostgresSettings(database) }),
    now: Date.now(),
  });
}

export async function versionOf(packageDirectory: string): Promise<string> {
  return (JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8')) as { version: string }).version;
}

async function snapshotServer(address: Config['database'] & { kind: 'postgres' }, file: string): Promise<void> {
  const postgres = await readPostgresSettings(address);
  // Opening would migrate it, under whoever still uses it.
  if ((await inspectPostgres(postgres)) !== 'current')
    throw new CartwrightError(
      'DATABASE_OLDER',
      'the database has not had all migrations of this version; start this version on it first, or use the one that made it',
    );
  const store = await openStore({ postgres });
  await store.snapshot(file).finally(() => store.close());
}
