import { defineEntity } from '@mikro-orm/sql';
import type { UploadRecord } from '../../../app/records/sources.ts';
import { milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const UploadEntity = defineEntity({
  name: 'Upload',
  tableName: 'upload',
  properties: {
    uid: uid(),
    tenant: text(),
    digest: text(),
    // A double like the times: a tree may well be larger than 2^31 bytes.
    bytes: milliseconds(),
    createdAt: milliseconds(),
    by: text(),
  } satisfies ColumnsOf<UploadRecord>,
  indexes: [{ properties: ['tenant', 'digest'] }],
});
