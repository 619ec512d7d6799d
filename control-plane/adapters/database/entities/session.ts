import { defineEntity } from '@mikro-orm/sql';
import type { EndedSessionRecord } from '../../../app/records/sessions.ts';
import { milliseconds, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const EndedSessionEntity = defineEntity({
  name: 'EndedSession',
  tableName: 'ended_session',
  properties: {
    uid: uid(),
    expiresAt: milliseconds(),
  } satisfies ColumnsOf<EndedSessionRecord>,
  indexes: [{ properties: ['expiresAt'] }],
});
