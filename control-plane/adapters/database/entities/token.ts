import { defineEntity } from '@mikro-orm/sql';
import type { TokenRecord } from '../../../app/records/tenants.ts';
import { milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const TokenEntity = defineEntity({
  name: 'Token',
  tableName: 'token',
  properties: {
    uid: uid(),
    name: text(),
    hash: text(),
    tenant: text().nullable(),
    role: text(),
    application: text().nullable(),
    createdAt: milliseconds(),
    expiresAt: milliseconds().nullable(),
    revokedAt: milliseconds().nullable(),
  } satisfies ColumnsOf<TokenRecord>,
  uniques: [{ properties: ['hash'] }],
  indexes: [{ properties: ['tenant', 'uid'] }],
});
