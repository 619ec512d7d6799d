import { defineEntity } from '@mikro-orm/sql';
import type { CertificateRecord } from '../../../app/records/credentials.ts';
import { flag, integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** What applications' load balancers speak TLS with; chain and key are sealed before they come here. */
export const CertificateEntity = defineEntity({
  name: 'Certificate',
  tableName: 'certificate',
  properties: {
    uid: uid(),
    tenant: text(),
    owner: text(),
    name: text(),
    version: integer(),
    isDefault: flag(),
    hosts: json(),
    notAfter: milliseconds(),
    fingerprint: text(),
    noticedDays: integer().nullable(),
    updatedAt: milliseconds(),
    updatedBy: text(),
    sealed: json(),
  } satisfies ColumnsOf<CertificateRecord>,
  uniques: [{ properties: ['owner', 'name'] }],
});
