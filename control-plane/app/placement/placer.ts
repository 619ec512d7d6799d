/** Says where instances of a service cluster go, from its deployment policy, what runs, and what the host clusters have room for. */
import {
  assign,
  nextMove,
  nextPlace,
  roomOf,
  type Algorithm,
  type Move,
  type PartitionState,
} from '../../domain/placement/assign.ts';
import { placeText, type Placement } from '../../domain/placement/placement.ts';
import { CartwrightError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { InstanceNeeds, PlacementRequest } from '../ports/provider.ts';
import type { FreeRoom } from './free-room.ts';
import type { HostPlace, HostPlaces } from './host-places.ts';
import { partitionOf, planPartitions, type PlannedPartition } from './plan-partitions.ts';

type Free = Pick<PartitionState, 'free' | 'hostClusterFree'>;
const FULL: Free = { free: 0, hostClusterFree: 0 };
const UNLIMITED: Free = { free: Number.MAX_SAFE_INTEGER, hostClusterFree: Number.MAX_SAFE_INTEGER };
const DEFAULT_ALGORITHM: Algorithm = 'one-after-another';
const NOT_ASKED = 'host clusters have not been asked yet';

export interface PlacerOptions {
  readonly hosts: HostPlaces;
  readonly room: Pick<FreeRoom, 'at' | 'placed'>;
}

/** The partitions of a service cluster at one moment. */
export interface Places {
  readonly algorithm: Algorithm;
  /** In burst order; then those that the policy does not name and where instances are still. */
  readonly partitions: readonly PartitionState[];
  /** Instances that the policy lets be in all of its partitions; null: any number. */
  readonly maximum: number | null;
}

export interface Placed extends PlacementRequest {
  /** Why there, in one sentence's part. */
  readonly why: string;
}

export class Placer {
  readonly #options: PlacerOptions;

  constructor(options: PlacerOptions) {
    this.#options = options;
  }

  /** @param needs of what is placed; what an instance declares if absent */
  async places(cluster: ClusterState, needs: InstanceNeeds = cluster.plan.spec.resources): Promise<Places> {
    const { hosts } = this.#options;
    const { placement } = cluster.plan;
    const all = hosts.all();
    const planned = planPartitions(placement, all);
    const free = roomKnown(
      await Promise.allSettled(
        planned.map((partition) => this.#free(needs, partition, closedOf(partition, all) === null)),
      ),
    );
    // From here on nothing is waited for: who is there now is counted.
    return {
      algorithm: placement?.algorithm ?? DEFAULT_ALGORITHM,
      partitions: statesOf(planned, staying(cluster, hosts), all, free),
      maximum: placement === null ? null : totalOf(planned),
    };
  }

  /** Where the next instance goes. Throws `CartwrightError` NO_PLACE when every partition is closed or full. */
  async next(cluster: ClusterState): Promise<Placed> {
    const { hosts } = this.#options;
    const { algorithm, partitions } = await this.places(cluster);
    if (hosts.isSettling(namesIn(partitions))) throw noPlace(cluster, NOT_ASKED);
    const place = nextPlace(partitions, algorithm);
    if (place === null) throw noPlace(cluster, whyNone(partitions));
    return { ...place, ...this.#selectorOf(cluster, place) };
  }

  /**
   * Where a one-off task goes: where the policy lets instances be, to the first that has room, and where none has, to the first, which may get some. No
   * partition's maximum counts, for a task takes the place of no instance. Throws `CartwrightError` NO_PLACE when every partition is closed.
   */
  async forTask(cluster: ClusterState): Promise<PlacementRequest> {
    return this.#once(cluster, 'task', await this.places(cluster));
  }

  /** As {@link forTask}, for a build, which may use this much memory. It asks for so few processors that it fits in beside what serves. */
  async forBuild(cluster: ClusterState, memoryBytes: number): Promise<PlacementRequest> {
    return this.#once(cluster, 'build', await this.places(cluster, { cpuCores: 0, memoryBytes }));
  }

  /**
   * One that must not be where it is, or would be better elsewhere, and where another could stand for it; null: none, or nowhere. Without a
   * deployment policy no place is better than another.
   */
  async nextMove(cluster: ClusterState): Promise<Move | null> {
    // Without asking for any room, which is hardly ever needed.
    if (!this.isMove(cluster, staying(cluster, this.#options.hosts))) return null;
    const { algorithm, partitions } = await this.places(cluster);
    return asPolicyAsks(cluster, nextMove(partitions, algorithm));
  }

  /** Whether one of `instances` must not be where it is, or would be better elsewhere, if there is room. */
  isMove(cluster: ClusterState, instances: readonly InstanceState[]): boolean {
    const all = this.#options.hosts.all();
    const { placement } = cluster.plan;
    const planned = planPartitions(placement, all);
    const states = statesOf(
      planned,
      instances,
      all,
      planned.map(() => UNLIMITED),
    );
    return asPolicyAsks(cluster, nextMove(states, placement?.algorithm ?? DEFAULT_ALGORITHM)) !== null;
  }

  /** An instance is about to be there. */
  placed(cluster: ClusterState, { hostCluster }: Placement): void {
    this.#options.room.placed(hostCluster, cluster.plan.spec.resources);
  }

  /** From where those go that are too many, one entry each, the first first. `instances`: those to choose from. */
  takeOrder(cluster: ClusterState, instances: readonly InstanceState[], count: number): readonly Placement[] {
    const all = this.#options.hosts.all();
    const states = statesOf(planPartitions(cluster.plan.placement, all), instances, all, []);
    return assign(instances.length - count, states, cluster.plan.placement?.algorithm ?? DEFAULT_ALGORITHM).take;
  }

  /** The partition that it is counted in. */
  partitionOf(cluster: ClusterState, instance: InstanceState): Placement {
    return partitionOf(placeOf(instance), planPartitions(cluster.plan.placement, this.#options.hosts.all()));
  }

  #once(cluster: ClusterState, what: string, { partitions }: Places): PlacementRequest {
    if (this.#options.hosts.isSettling(namesIn(partitions))) throw noPlace(cluster, NOT_ASKED, what);
    const open = partitions.filter(({ closed }) => closed === null);
    const place = open.find(({ free, hostClusterFree }) => Math.min(free, hostClusterFree) > 0) ?? open[0];
    if (place === undefined) throw noPlace(cluster, whyNone(partitions), what);
    const { hostCluster, partition } = place;
    return { hostCluster, partition, ...this.#selectorOf(cluster, place) };
  }

  /** Where it is, as the provider is asked for it; undefined: on the machine, which has no places. */
  placementOf(cluster: ClusterState, instance: InstanceState): PlacementRequest | undefined {
    const place = placeOf(instance);
    return place === null ? undefined : { ...place, ...this.#selectorOf(cluster, place) };
  }

  #selectorOf(cluster: ClusterState, place: Placement): Pick<PlacementRequest, 'nodeSelector'> {
    const planned = planPartitions(cluster.plan.placement, this.#options.hosts.all());
    const { nodeSelector } = planned.find((one) => placeText(one) === placeText(place)) ?? {};
    return nodeSelector === undefined ? {} : { nodeSelector };
  }

  async #free(needs: InstanceNeeds, partition: PlannedPartition, isOpen: boolean): Promise<Free> {
    if (!isOpen) return FULL;
    const { hostCluster, partition: name, nodeSelector } = partition;
    const hostClusterFree = await this.#options.room.at(needs, { hostCluster, partition: name });
    if (nodeSelector === undefined) return { free: hostClusterFree, hostClusterFree };
    const place = { hostCluster, partition: name, nodeSelector };
    return { free: await this.#options.room.at(needs, place), hostClusterFree };
  }
}

function namesIn(partitions: readonly PartitionState[]): readonly string[] {
  return partitions.map(({ hostCluster }) => hostCluster);
}

function asPolicyAsks({ plan }: ClusterState, move: Move | null): Move | null {
  return plan.placement === null && move?.isForced === false ? null : move;
}

/** Instances that there may be, those that are there included. */
export function mostIn({ partitions, maximum }: Places): number {
  return Math.min(roomOf(partitions), maximum ?? Number.MAX_SAFE_INTEGER);
}

/** Those that are there, or are about to be, and stay. One with volumes is waited for: nobody else has its data. */
export function staying(cluster: ClusterState, hosts: Pick<HostPlaces, 'isLost'>): InstanceState[] {
  return cluster
    .live()
    .filter((one) => one.record.draining?.purpose !== 'stop' && (cluster.hasVolumes || !hosts.isLost(one)));
}

function placeOf({ record, observed }: InstanceState): Placement | null {
  return record.placement ?? observed?.placement ?? null;
}

/** A host cluster that cannot say has none, and keeps no other from being used. Throws where none can. */
function roomKnown(answers: readonly PromiseSettledResult<Free>[]): Free[] {
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed !== undefined && answers.every(({ status }) => status === 'rejected')) throw failed.reason;
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : FULL));
}

/** @param free of each planned partition; those without are full */
function statesOf(
  planned: readonly PlannedPartition[],
  instances: readonly InstanceState[],
  hosts: readonly HostPlace[],
  free: readonly Free[],
): PartitionState[] {
  const counts = new Map<string, { readonly place: Placement; readonly present: number }>();
  for (const instance of instances) {
    const place = partitionOf(placeOf(instance), planned);
    const key = placeText(place);
    counts.set(key, { place, present: (counts.get(key)?.present ?? 0) + 1 });
  }
  const named = planned.map(({ hostCluster, partition, maximum }, index): PartitionState => {
    const key = placeText({ hostCluster, partition });
    const present = counts.get(key)?.present ?? 0;
    counts.delete(key);
    const closed = closedOf({ hostCluster }, hosts);
    return { hostCluster, partition, maximum, present, ...(free[index] ?? FULL), closed };
  });
  const outside = [...counts.values()].map(({ place, present }): PartitionState => ({
    ...{ ...place, ...FULL, maximum: 0, present },
    closed: leftOf(place, hosts),
  }));
  return [...named, ...outside];
}

function closedOf(
  { hostCluster }: Pick<Placement, 'hostCluster'>,
  hosts: readonly HostPlace[],
): PartitionState['closed'] {
  const host = hosts.find(({ name }) => name === hostCluster);
  return host === undefined ? { code: 'missing', message: 'is on a host cluster that there is not' } : host.closed;
}

/** Of a place that no partition names: where its host cluster does not answer, nothing of it can be ended, either. */
function leftOf(place: Placement, hosts: readonly HostPlace[]): PartitionState['closed'] {
  const closed = closedOf(place, hosts);
  if (closed !== null && closed.code !== 'drained' && closed.code !== 'unfit') return closed;
  return { code: 'outside', message: 'is not in the deployment policy' };
}

function totalOf(planned: readonly PlannedPartition[]): number | null {
  let total = 0;
  for (const { maximum } of planned) {
    if (maximum === undefined) return null;
    total += maximum;
  }
  return total;
}

function whyNone(partitions: readonly PartitionState[]): string {
  const named = partitions.filter(({ closed }) => closed?.code !== 'outside');
  if (named.length === 0) return 'there is no host cluster';
  return named
    .map((one) => `${placeText(one)} ${one.closed?.message ?? `is full (${one.present} of ${one.maximum})`}`)
    .join(', ');
}

function noPlace({ keyText }: ClusterState, why: string, what = 'instance'): CartwrightError {
  return new CartwrightError('NO_PLACE', `no ${what} of ${keyText} can be placed: ${why}`);
}
