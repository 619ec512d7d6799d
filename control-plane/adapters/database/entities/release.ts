import { defineEntity } from '@mikro-orm/sql';
import type { ReleaseRecord } from '../../../app/records/releases.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const ReleaseEntity = defineEntity({
  name: 'Release',
  tableName: 'release',
  properties: {
    uid: uid(),
    tenant: text(),
    cluster: text(),
    number: integer(),
    createdAt: milliseconds(),
    createdBy: text(),
    artifact: text().nullable(),
    source: text().nullable(),
    build: text().nullable(),
    cartridge: json(),
    configuration: json(),
    configurationDigest: text(),
    policies: json().nullable(),
    restartOf: text().nullable(),
    state: text(),
  } satisfies ColumnsOf<ReleaseRecord>,
  uniques: [{ properties: ['cluster', 'number'] }],
  indexes: [{ properties: ['cluster', 'uid'] }],
});
