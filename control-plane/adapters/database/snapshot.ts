/** A copy of the whole database as one SQLite file: what a backup holds, whichever database it was taken from. */
import { open } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';
import { MIGRATIONS_TABLE } from './migrations/all.ts';

/** More than any database has: in one step, since with several a write in between would begin it again. */
const ALL_PAGES = 2 ** 31 - 1;

/** Copies the database behind a connection, as it was last committed, to a file for its owner only. Does not hold the event loop. */
export async function copyDatabase(database: DatabaseSync, file: string): Promise<void> {
  // Made first, so that at no moment somebody else may read it.
  await (await open(file, 'w', 0o600)).close();
  await backup(database, file, { rate: ALL_PAGES });
  // One file, without a log beside it.
  const copy = new DatabaseSync(file);
  try {
    copy.exec('pragma journal_mode = delete');
  } finally {
    copy.close();
  }
}

/** Copies the database of a folder that no control plane runs on, of whatever version. */
export async function copyDatabaseFile(from: string, to: string): Promise<void> {
  const database = new DatabaseSync(from);
  try {
    await copyDatabase(database, to);
  } finally {
    database.close();
  }
}

/** The migrations that a copy has had, and the rows of each of its tables. */
export function describeSnapshot(file: string): { migrations: string[]; rows: Record<string, number> } {
  return reading(file, (database) => {
    const tables = database
      .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")
      .all();
    const rows = tables.map(({ name }) => {
      const count = database.prepare(`select count(*) as n from "${String(name)}"`).get();
      return [String(name), Number(count?.n)] as const;
    });
    const migrations = database.prepare(`select name from ${MIGRATIONS_TABLE} order by id`).all();
    return { migrations: migrations.map(({ name }) => String(name)), rows: Object.fromEntries(rows) };
  });
}

/** The first thing that is wrong with a copy, every page and index looked at; `undefined` when nothing is. */
export function checkSnapshot(file: string): string | undefined {
  try {
    return reading(file, (database) => {
      const [first] = database.prepare('pragma integrity_check(1)').all();
      const said = String(first?.integrity_check);
      return said === 'ok' ? undefined : said;
    });
  } catch (error) {
    return (error as Error).message;
  }
}

function reading<T>(file: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}
