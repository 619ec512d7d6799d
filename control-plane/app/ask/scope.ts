/** Tenant isolation in one place: every read and write of a use case goes through these. */
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { tenantOf, type Principal } from '../principal.ts';
import type { ApplicationRecord, Role } from '../records.ts';
import type { ClusterRef } from '../use-cases.ts';

/** Whether the principal may see what belongs to this tenant. */
function maySee(principal: Principal, tenant: string | null): boolean {
  return principal.tenant === null || principal.tenant === tenant;
}

/** A record of the principal's own tenants, or `undefined`: what is another's does not exist. */
export function seen<T extends { readonly tenant: string | null }>(
  principal: Principal,
  record: T | undefined,
): T | undefined {
  return record !== undefined && maySee(principal, record.tenant) ? record : undefined;
}

export function requireApplication(
  fleet: Fleet,
  principal: Principal,
  tenant: string | null | undefined,
  name: string,
  least: Role,
): ApplicationRecord {
  const owner = tenantOf(principal, tenant, least);
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
