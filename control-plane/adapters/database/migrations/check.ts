/** Whether a database may be migrated by this program. */
import { StoreUnavailable } from '../../../app/errors.ts';
import { MIGRATIONS } from './all.ts';

/**
 * The names of the migrations that a database with these `executed` ones still lacks, in order.
 *
 * Throws `StoreUnavailable` DATABASE_NEWER when it has some that this program does not know.
 */
export function checkMigrations(executed: readonly string[], database: string): string[] {
  const names = MIGRATIONS.map(({ name }) => name);
  const newer = executed.filter((name) => !names.includes(name));
  if (newer.length > 0) {
    throw new StoreUnavailable(
      'DATABASE_NEWER',
      `the database ${database} was migrated by a newer Cartwright (${newer.join(', ')}); start that version or a later one`,
    );
  }
  return names.filter((name) => !executed.includes(name));
}

/** For a database that has tables, and none of them is ours. */
export function foreign(database: string): StoreUnavailable {
  return new StoreUnavailable(
    'DATABASE_FOREIGN',
    `${database} is another program's database (it has tables, and none of them is Cartwright's); name another one`,
  );
}
