import { defineEntity, p } from '@mikro-orm/sql';
import type { EventRecord } from '../../../app/records/events.ts';
import { json, milliseconds, text } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** An event as it lies in its table: the subject's parts are columns, so that a subject's events are found by index. */
export type EventRow = Omit<EventRecord, 'subject'> & {
  readonly subjectKind: string;
  readonly subjectUid: string;
  readonly subjectName: string;
};

export const EventEntity = defineEntity({
  name: 'Event',
  tableName: 'event',
  properties: {
    // Autoincrement: a number is never given twice, even when the last rows were removed.
    sequence: p.integer().primary().autoincrement(),
    uid: text(),
    at: milliseconds(),
    tenant: text().nullable(),
    application: text().nullable(),
    subjectKind: text(),
    subjectUid: text(),
    subjectName: text(),
    type: text(),
    cause: text().nullable(),
    data: json(),
  } satisfies ColumnsOf<EventRow>,
  uniques: [{ properties: ['uid'] }],
  indexes: [
    { properties: ['tenant', 'sequence'] },
    { properties: ['subjectUid', 'sequence'] },
    { properties: ['type', 'sequence'] },
    { properties: ['at'] },
  ],
});
