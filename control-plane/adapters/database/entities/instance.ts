import { defineEntity } from '@mikro-orm/sql';
import type { InstanceRecord } from '../../../app/records/instances.ts';
import { flag, integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const InstanceEntity = defineEntity({
  name: 'Instance',
  tableName: 'instance',
  properties: {
    uid: uid(),
    tenant: text(),
    application: text(),
    alias: text(),
    cluster: text(),
    state: text(),
    unreachable: flag(),
    reason: json().nullable(),
    createdAt: milliseconds(),
    activeAt: milliseconds().nullable(),
    terminatedAt: milliseconds().nullable(),
    host: text().nullable(),
    port: integer().nullable(),
    release: text().nullable(),
    tokenHash: text(),
    formerTokenHash: text().nullable(),
    formerTokenUntil: milliseconds().nullable(),
    firstTokenHash: text().nullable(),
    cause: text().nullable(),
    placement: json().nullable(),
    draining: json().nullable(),
    inventory: json().nullable(),
    hookFailure: json().nullable(),
  } satisfies ColumnsOf<InstanceRecord>,
  indexes: [
    { properties: ['cluster', 'uid'] },
    { properties: ['tenant', 'state'] },
    { properties: ['state', 'terminatedAt'] },
    { properties: ['release'] },
    { properties: ['tokenHash'] },
    { properties: ['formerTokenHash'] },
  ],
});
