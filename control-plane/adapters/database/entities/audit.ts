import { defineEntity } from '@mikro-orm/sql';
import type { AuditRecord } from '../../../app/records/audit.ts';
import { json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** An audit record as it lies in its table: who and what are columns, so that they are found by index. */
export type AuditRow = Omit<AuditRecord, 'actor' | 'object'> & {
  readonly actorToken: string;
  readonly actorName: string;
  readonly actorRole: AuditRecord['actor']['role'];
  readonly actorTenant: string | null;
  readonly actorApplication: string | null;
  /** Null with the other two: it names no object. */
  readonly objectKind: string | null;
  readonly objectUid: string | null;
  readonly objectName: string | null;
};

export const AuditEntity = defineEntity({
  name: 'Audit',
  tableName: 'audit',
  properties: {
    uid: uid(),
    at: milliseconds(),
    tenant: text().nullable(),
    tenantUid: text().nullable(),
    actorToken: text(),
    actorName: text(),
    actorRole: text(),
    actorTenant: text().nullable(),
    actorApplication: text().nullable(),
    mutation: text(),
    outcome: text(),
    code: text().nullable(),
    objectKind: text().nullable(),
    objectUid: text().nullable(),
    objectName: text().nullable(),
    before: json().nullable(),
    after: json().nullable(),
    address: text().nullable(),
    idempotencyKey: text().nullable(),
    request: text(),
  } satisfies ColumnsOf<AuditRow>,
  indexes: [
    { properties: ['tenantUid', 'uid'] },
    { properties: ['tenant', 'uid'] },
    { properties: ['actorToken', 'uid'] },
    { properties: ['objectUid', 'uid'] },
    { properties: ['at'] },
  ],
});
