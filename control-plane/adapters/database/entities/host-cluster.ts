import { defineEntity } from '@mikro-orm/sql';
import type { HostClusterRecord } from '../../../app/records/host-clusters.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** Kubernetes clusters that instances may run in; their credentials are sealed before they come here. */
export const HostClusterEntity = defineEntity({
  name: 'HostCluster',
  tableName: 'host_cluster',
  properties: {
    uid: uid(),
    name: text(),
    tenant: text(),
    generation: integer(),
    createdAt: milliseconds(),
    updatedAt: milliseconds(),
    updatedBy: text(),
    clusterUid: text(),
    server: text(),
    context: text(),
    credentialKind: text(),
    version: integer(),
    credentialEndsAt: milliseconds().nullable(),
    noticedDays: integer().nullable(),
    brokerUrl: text(),
    controlPlaneUrl: text(),
    ca: text().nullable(),
    drainingSince: milliseconds().nullable(),
    probe: json(),
    sealed: json(),
  } satisfies ColumnsOf<HostClusterRecord>,
  uniques: [{ properties: ['name'] }, { properties: ['clusterUid'] }],
});
