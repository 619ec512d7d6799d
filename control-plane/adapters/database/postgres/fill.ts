/** The way of a backup into PostgreSQL, from whichever database it was taken. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { StoreUnavailable } from '../../../app/errors.ts';
import { openSqliteEngine } from '../sqlite/engine.ts';
import { copyRows, EVENT_SEQUENCE } from './copy-rows.ts';
import { openPostgresEngine } from './engine.ts';
import { inspectPostgres } from './migrate.ts';
import { nameOf } from './settings.ts';
import type { PostgresSettings } from './settings.ts';

/**
 * Puts everything of a SQLite file (migrated to this program's schema) into an empty PostgreSQL database, all of it or nothing.
 *
 * Throws `StoreUnavailable` DATABASE_NOT_EMPTY.
 */
export async function fillPostgres(settings: PostgresSettings, file: string): Promise<void> {
  if ((await inspectPostgres(settings)) !== 'empty') {
    throw new StoreUnavailable(
      'DATABASE_NOT_EMPTY',
      `the database ${nameOf(settings)} holds something; make an empty one and name that, the old one stays as it is`,
    );
  }
  const source = await openSqliteEngine(file);
  try {
    const target = await openPostgresEngine(settings);
    try {
      await target.transaction('power', async (to) => {
        const from = source.orm.em.fork() as SqlEntityManager;
        await copyRows(from, to);
        const [row] = await from.execute<{ seq: number }[]>("select seq from sqlite_sequence where name = 'event'");
        if (row !== undefined && row.seq > 0) await to.execute(`select setval(${EVENT_SEQUENCE}, ${Number(row.seq)})`);
      });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
