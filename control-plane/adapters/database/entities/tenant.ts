import { defineEntity } from '@mikro-orm/sql';
import type { TenantRecord } from '../../../app/records.ts';
import { integer, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const TenantEntity = defineEntity({
  name: 'Tenant',
  tableName: 'tenant',
  properties: {
    uid: uid(),
    name: text(),
    createdAt: milliseconds(),
    quotaInstances: integer(),
  } satisfies ColumnsOf<TenantRecord>,
  uniques: [{ properties: ['name'] }],
});
