import { defineEntity } from '@mikro-orm/sql';
import type { ClusterRecord } from '../../../app/records/clusters.ts';
import { flag, integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** Service clusters. The key `tenant/application/alias` is also an MQTT topic: two of them at once would mix. */
export const ClusterEntity = defineEntity({
  name: 'Cluster',
  tableName: 'cluster',
  properties: {
    uid: uid(),
    tenant: text(),
    application: text(),
    applicationUid: text(),
    alias: text(),
    cartridge: text(),
    generation: integer(),
    createdAt: milliseconds(),
    deletingSince: milliseconds().nullable(),
    wanted: integer(),
    epoch: integer(),
    desiredGeneration: integer(),
    topologyGeneration: integer(),
    stableRelease: text().nullable(),
    candidateRelease: text().nullable(),
    publicPort: integer().nullable(),
    override: json().nullable(),
    paused: json().nullable(),
    stopped: json().nullable(),
    shadow: flag(),
    startSeconds: json(),
  } satisfies ColumnsOf<ClusterRecord>,
  uniques: [{ properties: ['tenant', 'application', 'alias'] }],
  indexes: [{ properties: ['applicationUid'] }],
});
