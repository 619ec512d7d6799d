import { defineEntity } from '@mikro-orm/sql';
import type { ArtifactRecord } from '../../../app/records/sources.ts';
import { milliseconds, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

export const ArtifactEntity = defineEntity({
  name: 'Artifact',
  tableName: 'artifact',
  properties: {
    uid: uid(),
    // A double like the times: an archive may well be larger than 2^31 bytes.
    bytes: milliseconds(),
    createdAt: milliseconds(),
  } satisfies ColumnsOf<ArtifactRecord>,
});
