import { defineEntity } from '@mikro-orm/sql';
import type { ConfigurationRecord } from '../../../app/records/configuration.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** What people set over the manifests' environments; one row an application or service cluster. */
export const ConfigurationEntity = defineEntity({
  name: 'Configuration',
  tableName: 'configuration',
  properties: {
    uid: uid(),
    tenant: text(),
    generation: integer(),
    updatedAt: milliseconds(),
    updatedBy: text(),
    variables: json(),
  } satisfies ColumnsOf<ConfigurationRecord>,
});
