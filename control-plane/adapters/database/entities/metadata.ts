import { defineEntity } from '@mikro-orm/sql';
import type { MetadataRecord } from '../../../app/records/configuration.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** Key-values that applications read while they run; one row an application or service cluster. */
export const MetadataEntity = defineEntity({
  name: 'Metadata',
  tableName: 'metadata',
  properties: {
    uid: uid(),
    tenant: text(),
    generation: integer(),
    updatedAt: milliseconds(),
    updatedBy: text(),
    entries: json(),
  } satisfies ColumnsOf<MetadataRecord>,
});
