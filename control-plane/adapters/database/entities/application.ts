import { defineEntity } from '@mikro-orm/sql';
import type { ApplicationRecord } from '../../../app/records/applications.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const ApplicationEntity = defineEntity({
  name: 'Application',
  tableName: 'application',
  properties: {
    uid: uid(),
    tenant: text(),
    name: text(),
    generation: integer(),
    createdAt: milliseconds(),
    updatedAt: milliseconds(),
    deletingSince: milliseconds().nullable(),
    manifest: json(),
  } satisfies ColumnsOf<ApplicationRecord>,
  uniques: [{ properties: ['tenant', 'name'] }],
});
