import { defineEntity } from '@mikro-orm/sql';
import type { PolicyRecord } from '../../../app/records/applications.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const PolicyEntity = defineEntity({
  name: 'Policy',
  tableName: 'policy',
  properties: {
    uid: uid(),
    tenant: text(),
    name: text(),
    kind: text(),
    generation: integer(),
    updatedAt: milliseconds(),
    manifest: json().nullable(),
  } satisfies ColumnsOf<PolicyRecord>,
  uniques: [{ properties: ['tenant', 'kind', 'name'] }],
});
