import { defineEntity } from '@mikro-orm/sql';
import type { MeterRecord } from '../../../app/records/usage.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const MeterEntity = defineEntity({
  name: 'Meter',
  tableName: 'meter',
  properties: {
    uid: uid(),
    tenant: text(),
    sequence: integer(),
    until: milliseconds(),
    readings: json(),
  } satisfies ColumnsOf<MeterRecord>,
});
