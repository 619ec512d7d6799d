/** Answers questions about placement from what the placer would do now. */
import { assign, whyNot } from '../../domain/placement/assign.ts';
import { placeText } from '../../domain/placement/placement.ts';
import { seenPart } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HostPlaces } from './host-places.ts';
import type { Placer } from './placer.ts';
import type { PlacementQueries } from './use-cases.ts';

/** Instances of one plan. */
const MOST = 1000;

export interface PlacementQueryOptions {
  readonly fleet: Fleet;
  readonly placer: Pick<Placer, 'places' | 'partitionOf'>;
  readonly hosts: Pick<HostPlaces, 'isLost'>;
}

export function createPlacementQueries({ fleet, placer, hosts }: PlacementQueryOptions): PlacementQueries {
  const lostOf = (cluster: ClusterState): ReadonlyMap<string, number> => {
    const lost = new Map<string, number>();
    for (const instance of cluster.live()) {
      if (!hosts.isLost(instance)) continue;
      const key = placeText(placer.partitionOf(cluster, instance));
      lost.set(key, (lost.get(key) ?? 0) + 1);
    }
    return lost;
  };
  return {
    async placementPlan(principal, record, instances) {
      const cluster = fleet.cluster(record.uid);
      if (cluster === undefined || seenPart(principal, record) === undefined)
        throw new RequestError('NOT_FOUND', 'there is no such service cluster');
      if (instances !== null && !(Number.isInteger(instances) && instances >= 0 && instances <= MOST))
        throw new RequestError('INVALID', `instances: expected 0 to ${MOST}`, { field: 'instances' });
      const { algorithm, partitions } = await placer.places(cluster);
      const lost = lostOf(cluster);
      const present = partitions.reduce((sum, partition) => sum + partition.present, 0);
      const wanted = instances ?? present + 1;
      const { add, take, unplaced } = assign(wanted, partitions, algorithm);
      return {
        policy: cluster.plan.placement === null ? null : (cluster.plan.component?.deployment ?? null),
        algorithm,
        partitions: partitions.map((partition) => ({
          hostCluster: partition.hostCluster,
          partition: partition.partition,
          maximum: partition.closed?.code === 'outside' ? null : (partition.maximum ?? null),
          instances: partition.present,
          lost: lost.get(placeText(partition)) ?? 0,
          room: Math.max(0, Math.min(partition.free, partition.hostClusterFree)),
          closed: whyNot(partition),
        })),
        instances: wanted,
        next: add,
        leaving: take,
        unplaced,
      };
    },
    instanceObservation(principal, record) {
      const observed = fleet.instance(record.uid)?.observed;
      if (observed === null || observed === undefined || seenPart(principal, record) === undefined) return null;
      const { state, problem = null, detail = null, objects = [] } = observed;
      return { state, problem, detail, objects };
    },
  };
}
