/** New databases for tests of something else than making one: migrated once, and copied from then on. */
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEngine } from '../sqlite/engine.ts';
import { storeOver, type DatabaseStore } from '../store.ts';

const FILE = 'cartwright.db';
const PATIENCE_MILLISECONDS = 10_000;

/** A database with no rows, as opening and closing leaves it. */
let migrated: Promise<Buffer> | undefined;

async function migrate(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'cartwright-migrated-'));
  try {
    const file = join(folder, FILE);
    await (await openSqliteEngine(file)).close();
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts the database where opening the store of a data folder looks for it, unless there is one. */
export async function putMigrated(directory: string): Promise<void> {
  const file = join(directory, FILE);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) await writeFile(file, await (migrated ??= migrate()), { mode: 0o600 });
}

/**
 * The store of a data folder, a new one where there is none. What it commits outlives this process and not a power cut: nothing
 * waits for the disk.
 */
export async function openUnsynced(directory: string): Promise<DatabaseStore> {
  await putMigrated(directory);
  const engine = await openSqliteEngine(join(directory, FILE));
  const unsynced = {
    orm: engine.orm,
    name: engine.name,
    failureOf: engine.failureOf,
    transaction: ((_durability, work) => engine.transaction('process', work)) as typeof engine.transaction,
    snapshot: (file: string) => engine.snapshot(file),
    close: () => engine.close(),
  };
  return storeOver(unsynced, { now: Date.now }, PATIENCE_MILLISECONDS);
}
