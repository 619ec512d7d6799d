import { defineEntity } from '@mikro-orm/sql';
import type { SettingRecord } from '../../../app/records/settings.ts';
import { json, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const SettingEntity = defineEntity({
  name: 'Setting',
  tableName: 'setting',
  properties: {
    uid: uid(),
    value: json().nullable(),
  } satisfies ColumnsOf<SettingRecord>,
});
