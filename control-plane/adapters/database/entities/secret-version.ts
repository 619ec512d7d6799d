import { defineEntity } from '@mikro-orm/sql';
import type { SecretVersionRecord } from '../../../app/records/configuration.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** Versions of secrets; the value is sealed before it comes here. */
export const SecretVersionEntity = defineEntity({
  name: 'SecretVersion',
  tableName: 'secret_version',
  properties: {
    uid: uid(),
    tenant: text(),
    owner: text(),
    name: text(),
    version: integer(),
    delivery: text(),
    createdAt: milliseconds(),
    createdBy: text(),
    retiredAt: milliseconds().nullable(),
    revokedAt: milliseconds().nullable(),
    revokedBy: text().nullable(),
    sealed: json().nullable(),
  } satisfies ColumnsOf<SecretVersionRecord>,
  uniques: [{ properties: ['owner', 'name', 'version'] }],
});
