import { defineEntity } from '@mikro-orm/sql';
import { integer, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export interface LeaseRow {
  readonly uid: string;
  readonly holder: string;
  /** The fencing number; only ever rises, and is at least the seconds of the clock at which it was taken. */
  readonly fence: number;
  readonly acquiredAt: number;
  /** Until when it is held, by the server's clock, in milliseconds since the epoch; null where nobody waits for its end. */
  readonly expiresAt: number | null;
}

/** One row: who holds the database, and the fencing number that each write is checked against. */
export const LeaseEntity = defineEntity({
  name: 'Lease',
  tableName: 'lease',
  properties: {
    uid: uid(),
    holder: text(),
    fence: integer(),
    acquiredAt: milliseconds(),
    expiresAt: milliseconds().nullable(),
  } satisfies ColumnsOf<LeaseRow>,
});
