import { defineEntity } from '@mikro-orm/sql';
import type { CartridgeRecord } from '../../../app/records/cartridges.ts';
import { integer, json, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const CartridgeEntity = defineEntity({
  name: 'Cartridge',
  tableName: 'cartridge',
  properties: {
    uid: uid(),
    name: text(),
    generation: integer(),
    directory: text(),
    digest: text().nullable(),
    manifest: json(),
  } satisfies ColumnsOf<CartridgeRecord>,
  uniques: [{ properties: ['name'] }],
});
