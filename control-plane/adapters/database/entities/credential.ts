import { defineEntity } from '@mikro-orm/sql';
import type { CredentialRecord } from '../../../app/records/credentials.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** What tenants' Git sources are read with; the value is sealed before it comes here. */
export const CredentialEntity = defineEntity({
  name: 'Credential',
  tableName: 'credential',
  properties: {
    uid: uid(),
    tenant: text(),
    name: text(),
    kind: text(),
    hosts: json(),
    username: text().nullable(),
    knownHosts: text().nullable(),
    version: integer(),
    updatedAt: milliseconds(),
    updatedBy: text(),
    sealed: json(),
  } satisfies ColumnsOf<CredentialRecord>,
  uniques: [{ properties: ['tenant', 'name'] }],
});
