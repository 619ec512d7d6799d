/** Stopping a service cluster by hand, and starting it again: what of its record changes. */
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { Quotas } from '../tenants/quotas.ts';

/** That no instance is wanted any more is decided from it. Null: it is stopped already. Throws `RequestError` INVALID. */
export function stopOf(
  { record, isLoadBalancer, keyText }: ClusterState,
  { reason }: { readonly reason: string },
  by: string,
  now: number,
): Pick<ClusterRecord, 'stopped'> | null {
  if (reason.trim() === '')
    throw new RequestError('INVALID', 'say why: the reason stands in every decision', { field: 'reason' });
  if (isLoadBalancer)
    throw new RequestError(
      'INVALID',
      `${keyText} is the load balancer, which answers for what is stopped; stop the other components`,
      { field: 'ref.alias' },
    );
  return record.stopped === null ? { stopped: { reason, by, since: now, instances: record.wanted } } : null;
}

/** Instances that the tenant's quota allows it. Throws QUOTA_EXCEEDED where it was stopped with some, and could not have one. */
export async function roomToStart(
  quotas: Pick<Quotas, 'left' | 'checkInstances'>,
  cluster: ClusterState,
): Promise<number> {
  const left = await quotas.left(cluster);
  const { stopped } = cluster.record;
  if (stopped !== null && left < 1 && stopped.instances > 0) await quotas.checkInstances(cluster, 1);
  return left;
}

/**
 * The number of before within the policy's bounds is wanted at once, without a decision: while scaling is paused none would be made.
 * Null: it is not stopped.
 *
 * @param left instances that the tenant's quota allows it
 */
export function startOf(
  { record, plan, stable }: ClusterState,
  left: number,
): Pick<ClusterRecord, 'stopped'> | Pick<ClusterRecord, 'stopped' | 'wanted'> | null {
  if (record.stopped === null) return null;
  // Its first release wants instances.
  if (stable === null) return { stopped: null };
  const { minimum, maximum } = plan.effective.policy;
  const wanted = Math.min(Math.max(record.stopped.instances, minimum), maximum, left);
  return { stopped: null, wanted: Math.max(wanted, 0) };
}
