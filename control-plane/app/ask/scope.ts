/** Finds what a request names, or is about, as far as the one who asks may see it: what is another's does not exist. */
import { maySee, tenantOfApplication } from '../access.ts';
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { Role } from '../records/tenants.ts';
import type { ClusterRef } from '../use-cases.ts';

/** The application itself, or `undefined`. */
export function seenApplication(
  principal: Principal,
  record: ApplicationRecord | undefined,
): ApplicationRecord | undefined {
  return record !== undefined && maySee(principal, { tenant: record.tenant, application: record.name })
    ? record
    : undefined;
}

/** A record that says which application it is a part of, or `undefined`. */
export function seenPart<T extends { readonly tenant: string; readonly application: string }>(
  principal: Principal,
  record: T | undefined,
): T | undefined {
  return record !== undefined && maySee(principal, record) ? record : undefined;
}

/** A record of a service cluster, or `undefined`. Of a service cluster that is gone nobody knows the application any more. */
export function seenOfCluster<T extends { readonly tenant: string; readonly cluster: string }>(
  fleet: Fleet,
  principal: Principal,
  record: T | undefined,
): T | undefined {
  if (record === undefined) return undefined;
  const application = fleet.cluster(record.cluster)?.record.application ?? null;
  return maySee(principal, { tenant: record.tenant, application }) ? record : undefined;
}

export function requireApplication(
  fleet: Fleet,
  principal: Principal,
  tenant: string | null | undefined,
  name: string,
  least: Role,
): ApplicationRecord {
  const owner = tenantOfApplication(principal, tenant, name, least);
  const application = fleet.application(owner, name);
  if (application === undefined)
    throw new RequestError('NOT_FOUND', `there is no application "${name}" of the tenant ${owner}`, {
      field: 'application',
    });
  return application;
}

export function requireCluster(fleet: Fleet, principal: Principal, ref: ClusterRef, least: Role): ClusterState {
  const application = requireApplication(fleet, principal, ref.tenant, ref.application, least);
  const clusters = fleet.clustersOf(application.uid);
  const cluster = clusters.find((candidate) => candidate.record.alias === ref.alias);
  if (cluster === undefined) {
    const known = clusters.map((candidate) => candidate.record.alias).join(', ');
    throw new RequestError(
      'NOT_FOUND',
      `application "${ref.application}" has no service cluster "${ref.alias}"; it has ${known === '' ? 'none' : known}`,
      { field: 'alias' },
    );
  }
  return cluster;
}

/** Whoever waited for a service cluster's turn may find that it was removed meanwhile; what is written then would stay for ever. */
export function checkThere(fleet: Fleet, cluster: ClusterState): void {
  if (fleet.cluster(cluster.record.uid) !== cluster || cluster.record.deletingSince !== null)
    throw new RequestError('CONFLICT', `${cluster.keyText} is being deleted`);
  checkNotBlocked(fleet, cluster);
}

/** What is asked of a blocked application could not be done, and its manifest may be unknown. */
export function checkNotBlocked(fleet: Fleet, { record, keyText }: ClusterState): void {
  const blocked = fleet.blocked.get(record.applicationUid);
  if (blocked !== undefined)
    throw new RequestError('CONFLICT', `${keyText} is blocked until that is mended: ${blocked.message}`);
}

/** Optimistic locking: the caller says which generation it has read. */
export function checkExpected(what: string, generation: number, expected: number | undefined): void {
  if (expected === undefined || expected === generation) return;
  throw new RequestError(
    'CONFLICT',
    `${what} is at generation ${generation}, not ${expected}: somebody changed it since you read it; read it again`,
    { field: 'expectedGeneration' },
  );
}
