import { defineEntity } from '@mikro-orm/sql';
import type { SourceRecord } from '../../../app/records/sources.ts';
import { json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const SourceEntity = defineEntity({
  name: 'Source',
  tableName: 'source',
  properties: {
    uid: uid(),
    tenant: text(),
    cluster: text(),
    createdAt: milliseconds(),
    origin: json(),
  } satisfies ColumnsOf<SourceRecord>,
  indexes: [{ properties: ['cluster', 'uid'] }],
});
