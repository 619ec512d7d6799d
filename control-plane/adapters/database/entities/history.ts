import { defineEntity } from '@mikro-orm/sql';
import type { HistoryBlockRecord } from '../../../app/records/usage.ts';
import { bytes, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const HistoryBlockEntity = defineEntity({
  name: 'HistoryBlock',
  tableName: 'history_block',
  properties: {
    uid: uid(),
    tenant: text(),
    cluster: text(),
    tier: text(),
    // Seconds, and no 32 bit integer for the same reason as times.
    from: milliseconds(),
    expiresAt: milliseconds(),
    block: bytes(),
  } satisfies ColumnsOf<HistoryBlockRecord>,
  indexes: [{ properties: ['cluster', 'tier', 'uid'] }, { properties: ['expiresAt'] }],
});
