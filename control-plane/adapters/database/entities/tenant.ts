import { defineEntity } from '@mikro-orm/sql';
import type { TenantRecord } from '../../../app/records/tenants.ts';
import { json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const TenantEntity = defineEntity({
  name: 'Tenant',
  tableName: 'tenant',
  properties: {
    uid: uid(),
    name: text(),
    createdAt: milliseconds(),
    quota: json(),
    deletingSince: milliseconds().nullable(),
  } satisfies ColumnsOf<TenantRecord>,
  uniques: [{ properties: ['name'] }],
});
