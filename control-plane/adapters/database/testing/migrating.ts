/** Migrations by hand, one at a time, for tests that start from an older database. */
import { DatabaseSync } from 'node:sqlite';
import type { Migration } from '@mikro-orm/migrations';
import { MIGRATIONS, MIGRATIONS_TABLE } from '../migrations/all.ts';

type Entry = (typeof MIGRATIONS)[number];

/** The statements of one migration. */
export function statementsOf(entry: Entry, kind: 'sqlite' | 'postgres'): string[] {
  const migration = new (entry[kind] as unknown as new (...parameters: never[]) => Migration)();
  void migration.up();
  return migration.getQueries().map((query) => {
    if (typeof query !== 'string') throw new Error(`${entry.name} has a statement that is no text`);
    return query;
  });
}

/** Those that a database with these executed ones lacks, in order. */
export function pendingAfter(executed: readonly string[]): Entry[] {
  return MIGRATIONS.filter(({ name }) => !executed.includes(name));
}

/** Runs one on a SQLite file, as the program would, and notes it. */
export function migrateFile(file: string, entry: Entry): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('begin');
    for (const statement of statementsOf(entry, 'sqlite')) database.exec(statement);
    database
      .prepare(`insert into ${MIGRATIONS_TABLE} (name, executed_at) values (?, current_timestamp)`)
      .run(entry.name);
    database.exec('commit');
  } finally {
    database.close();
  }
}

export function executedIn(database: DatabaseSync): string[] {
  return database
    .prepare(`select name from ${MIGRATIONS_TABLE}`)
    .all()
    .map((row) => String(row.name));
}
