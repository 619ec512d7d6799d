/** Copies the rows of every table from one database to another, whichever kinds they are. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Table } from '../table.ts';
import { tablesOver } from '../tables.ts';

const PAGE = 500;
/** What numbers the events, as PostgreSQL calls it. */
export const EVENT_SEQUENCE = "pg_get_serial_sequence('event', 'sequence')";

export async function copyRows(from: SqlEntityManager, to: SqlEntityManager): Promise<void> {
  for (const [name, table] of Object.entries(tablesOver(from))) {
    const rows = table as Table<{ readonly uid: string; readonly sequence?: number }>;
    const order = name === 'events' ? 'sequence' : 'uid';
    for (let after: string | number | undefined; ;) {
      const page = await rows.find(from, {}, { limit: PAGE, ...(after === undefined ? {} : { after }) }, order);
      for (const row of page) await rows.upsert(to, row);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last[order];
    }
  }
}
