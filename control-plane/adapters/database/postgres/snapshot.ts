/** The rows of a PostgreSQL database in a SQLite file: a backup is the same from both. */
import { IsolationLevel } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Engine } from '../engine.ts';
import { openSqliteEngine } from '../sqlite/engine.ts';
import { copyRows, EVENT_SEQUENCE } from './copy-rows.ts';

/** Copies everything, as it is at one moment, to a new SQLite file. */
export async function snapshotPostgres({ orm }: Pick<Engine, 'orm'>, file: string): Promise<void> {
  const target = await openSqliteEngine(file);
  try {
    await (orm.em.fork() as SqlEntityManager).transactional(
      async (from) => {
        await target.transaction('power', async (to) => {
          await copyRows(from, to);
          // Numbers of events that were removed are not given again.
          const [row] = await from.execute<{ last: number }[]>(
            `select coalesce(pg_sequence_last_value(${EVENT_SEQUENCE}::regclass), 0) as last`,
          );
          await to.execute("delete from sqlite_sequence where name = 'event'");
          await to.execute(`insert into sqlite_sequence (name, seq) values ('event', ${Number(row?.last ?? 0)})`);
        });
      },
      { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true },
    );
  } finally {
    await target.close();
  }
}
