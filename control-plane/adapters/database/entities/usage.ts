import { defineEntity } from '@mikro-orm/sql';
import type { UsageRecord } from '../../../app/records/usage.ts';
import { json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const UsageEntity = defineEntity({
  name: 'Usage',
  tableName: 'usage',
  properties: {
    uid: uid(),
    tenant: text(),
    application: text(),
    alias: text(),
    cluster: text(),
    hour: milliseconds(),
    usage: json(),
  } satisfies ColumnsOf<UsageRecord>,
  indexes: [
    { properties: ['tenant', 'uid'] },
    { properties: ['tenant', 'application', 'uid'] },
    { properties: ['hour'] },
  ],
});
