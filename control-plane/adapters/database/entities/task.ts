import { defineEntity } from '@mikro-orm/sql';
import type { TaskRecord } from '../../../app/records/tasks.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** One-off tasks. */
export const TaskEntity = defineEntity({
  name: 'Task',
  tableName: 'task',
  properties: {
    uid: uid(),
    tenant: text(),
    application: text(),
    alias: text(),
    cluster: text(),
    release: text(),
    kind: text(),
    command: json(),
    state: text(),
    timeoutSeconds: integer(),
    createdAt: milliseconds(),
    createdBy: text(),
    finishedAt: milliseconds().nullable(),
    exitCode: integer().nullable(),
    reason: json().nullable(),
    lastLines: json(),
    stoppedBy: text().nullable(),
    tokenHash: text(),
  } satisfies ColumnsOf<TaskRecord>,
  indexes: [
    { properties: ['cluster', 'uid'] },
    { properties: ['release', 'kind'] },
    { properties: ['state'] },
    { properties: ['finishedAt'] },
    { properties: ['tokenHash'] },
  ],
});
