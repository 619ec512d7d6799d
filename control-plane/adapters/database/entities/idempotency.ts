import { defineEntity } from '@mikro-orm/sql';
import { milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export interface IdempotencyRow {
  /** SHA-256 (hex) of scope and key, which are the client's to choose. */
  readonly uid: string;
  readonly at: number;
  /** The answer as JSON; null for an answer that is `undefined`. */
  readonly result: string | null;
}

export const IdempotencyEntity = defineEntity({
  name: 'Idempotency',
  tableName: 'idempotency',
  properties: {
    uid: uid(),
    at: milliseconds(),
    result: text().nullable(),
  } satisfies ColumnsOf<IdempotencyRow>,
  indexes: [{ properties: ['at'] }],
});
