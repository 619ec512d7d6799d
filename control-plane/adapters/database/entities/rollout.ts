import { defineEntity } from '@mikro-orm/sql';
import type { RolloutRecord } from '../../../app/records/releases.ts';
import { json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const RolloutEntity = defineEntity({
  name: 'Rollout',
  tableName: 'rollout',
  properties: {
    uid: uid(),
    tenant: text(),
    cluster: text(),
    from: text().nullable(),
    to: text(),
    state: text(),
    createdAt: milliseconds(),
    finishedAt: milliseconds().nullable(),
    reason: json().nullable(),
    instances: json(),
  } satisfies ColumnsOf<RolloutRecord>,
  indexes: [{ properties: ['cluster', 'uid'] }, { properties: ['state'] }],
});
