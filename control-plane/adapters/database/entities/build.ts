import { defineEntity } from '@mikro-orm/sql';
import type { BuildRecord } from '../../../app/records/sources.ts';
import { json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const BuildEntity = defineEntity({
  name: 'Build',
  tableName: 'build',
  properties: {
    uid: uid(),
    tenant: text(),
    cluster: text(),
    source: text(),
    state: text(),
    createdAt: milliseconds(),
    startedAt: milliseconds().nullable(),
    finishedAt: milliseconds().nullable(),
    artifact: text().nullable(),
    error: json().nullable(),
  } satisfies ColumnsOf<BuildRecord>,
  indexes: [{ properties: ['cluster', 'uid'] }, { properties: ['source'] }, { properties: ['state'] }],
});
