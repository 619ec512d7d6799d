import { defineEntity } from '@mikro-orm/sql';
import type { DecisionRecord } from '../../../app/records/decisions.ts';
import { flag, integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const DecisionEntity = defineEntity({
  name: 'Decision',
  tableName: 'decision',
  properties: {
    uid: uid(),
    tenant: text(),
    cluster: text(),
    at: milliseconds(),
    lastAt: milliseconds(),
    count: integer(),
    acted: flag(),
    reasonCode: text(),
    from: integer(),
    to: integer(),
    sentence: text(),
    decision: json(),
    input: json().nullable(),
  } satisfies ColumnsOf<DecisionRecord>,
  indexes: [
    { properties: ['cluster', 'uid'] },
    { properties: ['cluster', 'acted', 'uid'] },
    { properties: ['lastAt'] },
  ],
});
