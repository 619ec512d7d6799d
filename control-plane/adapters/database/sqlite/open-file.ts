/** Opens a SQLite file and makes sure that it is ours, whole and writable, before anything builds on it. */
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, translated } from '../failure.ts';
import { sqliteFailureOf } from './failure.ts';

export interface OpenedFile {
  /** The one connection that writes. */
  readonly writer: DatabaseSync;
  /** Reads the last committed state, also while a transaction is open on the writer. */
  readonly reader: DatabaseSync;
}

/**
 * How long a call may wait inside of SQLite, and so stop the event loop, in milliseconds. Writes are retried by the write
 * queue, which waits without stopping anything; they need next to none.
 */
const WRITER_BUSY_MILLISECONDS = 5;
const READER_BUSY_MILLISECONDS = 50;
/** A file up to this size is checked page by page when it is opened (about 0.3 s); a larger one only where it is read. */
const CHECKED_BYTES = 128 * 1024 * 1024;

/**
 * Opens `file`, creating it (mode 0600) and its folder where they are missing. `check` looks at it before anything is changed
 * and refuses it by throwing.
 *
 * Throws `StoreUnavailable` with DATABASE_NOT_WRITABLE, DATABASE_READ_ONLY, DATABASE_INVALID (not a SQLite file),
 * DATABASE_CORRUPT or DATABASE_LOCKED.
 */
export async function openSqliteFile(file: string, check: (database: DatabaseSync) => void): Promise<OpenedFile> {
  await prepareFile(file);
  const opened: DatabaseSync[] = [];
  try {
    const writer = new DatabaseSync(file, { timeout: WRITER_BUSY_MILLISECONDS });
    opened.push(writer);
    check(writer);
    writer.exec('pragma journal_mode = wal; pragma foreign_keys = on; pragma synchronous = normal');
    // A read-only file opens without a word, and even `begin immediate` only reads it.
    writer.exec('begin immediate; create table probe (x integer); rollback');
    await checkPages(writer, file);
    const reader = new DatabaseSync(file, { timeout: READER_BUSY_MILLISECONDS });
    opened.push(reader);
    reader.exec('pragma foreign_keys = on; pragma query_only = on');
    return { writer, reader };
  } catch (error) {
    for (const database of opened) database.close();
    throw translated(error, sqliteFailureOf(error), file);
  }
}

/** What lies behind a table's name, as far as it tells whose database this is. */
export function tablesOf(database: DatabaseSync): Set<string> {
  const rows = database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .all();
  return new Set(rows.map((row) => String(row.name)));
}

async function prepareFile(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const found = await stat(file).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found === undefined) await (await open(file, 'a', 0o600)).close();
    else if (!found.isFile()) throw new Error('it is not a file');
  } catch (error) {
    throw translated(error, 'not-writable', file);
  }
}

async function checkPages(database: DatabaseSync, file: string): Promise<void> {
  if ((await stat(file)).size > CHECKED_BYTES) return;
  const [first] = database.prepare('pragma quick_check(1)').all();
  if (first?.quick_check !== 'ok') {
    throw Object.assign(new Error(`quick_check: ${String(first?.quick_check)}`), { errcode: 11 });
  }
}
