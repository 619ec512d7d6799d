/** What can be asked about where instances are, and would go. Reads only. */
import type { Algorithm, Assigned } from '../../domain/placement/assign.ts';
import type { Placement } from '../../domain/placement/placement.ts';
import type { ObservedInstance, ProviderObject } from '../ports/provider.ts';
import type { Principal } from '../principal.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { InstanceRecord } from '../records/instances.ts';

/** A partition as a service cluster uses it now. */
interface PartitionUse extends Placement {
  /** The policy's; null: none. */
  readonly maximum: number | null;
  /** Instances that are there and stay. */
  readonly instances: number;
  /** Those of which neither their host cluster nor their agent is heard; others take their places. */
  readonly lost: number;
  /** Instances that fit in beside those that are there, as far as is known; 0 where nothing new is placed. */
  readonly room: number;
  /** Why nothing new goes there, such as `is drained`; null: it does. */
  readonly closed: string | null;
}

export interface PlacementPlan {
  /** Name of the deployment policy; null: none. */
  readonly policy: string | null;
  readonly algorithm: Algorithm;
  /** In burst order; then those that the policy does not name and where instances still are. */
  readonly partitions: readonly PartitionUse[];
  /** For how many instances in all this is. */
  readonly instances: number;
  /** Where each one that is missing to that number would go, in order, and why. */
  readonly next: readonly Assigned[];
  /** From where each one beyond that number would go, in order. */
  readonly leaving: readonly Placement[];
  /** How many would find no place. */
  readonly unplaced: number;
}

/** What the provider sees of an instance now. */
export interface InstanceObservation {
  readonly state: ObservedInstance['state'];
  /** Why its agent cannot connect, or what its host cluster says is wrong; null: nothing. */
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** Why it is gone, when that is known. */
  readonly detail: string | null;
  /** What it is to its host cluster, the outermost first. */
  readonly objects: readonly ProviderObject[];
}

export interface PlacementQueries {
  /**
   * Where the instances of a service cluster are, and where they would go.
   *
   * @param instances in all, 0 to 1000; null: one more than there are. Throws `RequestError` INVALID, NOT_FOUND.
   */
  placementPlan(principal: Principal, cluster: ClusterRecord, instances: number | null): Promise<PlacementPlan>;
  /** Null for one that has ended, or that the provider does not know. */
  instanceObservation(principal: Principal, instance: InstanceRecord): InstanceObservation | null;
}
