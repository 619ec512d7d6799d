/** The partitions of a service cluster, from its deployment policy and the host clusters that there are. Pure. */
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import { DEFAULT_PARTITION, LOCAL_HOST_CLUSTER, type Placement } from '../../domain/placement/placement.ts';
import type { PlacementRequest } from '../ports/provider.ts';
import type { HostPlace } from './host-places.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

export interface PlannedPartition extends PlacementRequest {
  readonly maximum: number | undefined;
}

/** In burst order. Without a policy: each host cluster as a whole, in the order of their names. */
export function planPartitions(
  policy: DeploymentPolicySpec | null,
  hosts: readonly HostPlace[],
): readonly PlannedPartition[] {
  if (policy === null)
    return hosts.map(({ name }) => ({ hostCluster: name, partition: DEFAULT_PARTITION, maximum: undefined }));
  return policy.partitions.map(({ name, hostCluster, maximum, zone, nodeSelector }) => {
    const selector = { ...nodeSelector, ...(zone === undefined ? {} : { [ZONE_LABEL]: zone }) };
    return {
      ...{ hostCluster, partition: name, maximum },
      ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: selector }),
    };
  });
}

/**
 * Which of the partitions an instance is in that was placed at `place`, perhaps by another policy. Where a partition is its whole host
 * cluster, what is there is in it, whatever it was called. Null placement: one of before placements were stored, on this machine.
 */
export function partitionOf(place: Placement | null, planned: readonly PlannedPartition[]): Placement {
  const at = place ?? { hostCluster: LOCAL_HOST_CLUSTER, partition: DEFAULT_PARTITION };
  const here = planned.filter(({ hostCluster }) => hostCluster === at.hostCluster);
  const { hostCluster, partition } =
    here.find((one) => one.partition === at.partition) ?? here.find((one) => one.nodeSelector === undefined) ?? at;
  return { hostCluster, partition };
}
