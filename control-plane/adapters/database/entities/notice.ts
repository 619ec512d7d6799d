import { defineEntity } from '@mikro-orm/sql';
import type { NoticeProgressRecord, NoticeRecord } from '../../../app/records/notices.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** Who is told of events; the secret is sealed before it comes here. */
export const NoticeEntity = defineEntity({
  name: 'Notice',
  tableName: 'notice',
  properties: {
    uid: uid(),
    tenant: text(),
    name: text(),
    application: text().nullable(),
    url: text(),
    types: json(),
    version: integer(),
    createdAt: milliseconds(),
    createdBy: text(),
    disabled: json().nullable(),
    sealed: json(),
    formerSecret: json().nullable(),
  } satisfies ColumnsOf<NoticeRecord>,
  uniques: [{ properties: ['tenant', 'name'] }],
});

/** Apart from what was asked for: it changes with every message. */
export const NoticeProgressEntity = defineEntity({
  name: 'NoticeProgress',
  tableName: 'notice_progress',
  properties: {
    uid: uid(),
    tenant: text(),
    // As wide as an event's sequence may become.
    after: milliseconds(),
    failures: integer(),
    failingSince: milliseconds().nullable(),
    dropped: integer(),
    lastSuccess: json().nullable(),
    lastError: json().nullable(),
  } satisfies ColumnsOf<NoticeProgressRecord>,
});
