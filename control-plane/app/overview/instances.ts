/** The instances of an application in the overview: where each is, and what it carries. */
import { isDeepStrictEqual } from 'node:util';
import { coarseAge, steady } from '../../domain/attention/steady.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { totalInFlight, type BalancerShare, type InFlight } from '../fleet/in-flight.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { HostPlace } from '../placement/host-places.ts';
import type { ObservedInstance } from '../ports/provider.ts';
import type { InstanceRecord } from '../records/instances.ts';

export interface OverviewInstance {
  readonly uid: string;
  /** That of its pod, or the number of its process; null: not known. */
  readonly name: string | null;
  readonly state: InstanceRecord['state'];
  readonly unreachable: boolean;
  readonly draining: InstanceRecord['draining'];
  readonly reason: InstanceRecord['reason'];
  readonly createdAt: number;
  readonly activeAt: number | null;
  /** Number of the release that it runs; null: none yet, or one that is neither stable nor the candidate. */
  readonly release: number | null;
  readonly hostCluster: string | null;
  readonly partition: string | null;
  /** Null: its host cluster is not known (any more). */
  readonly hostClusterState: HostPlace['status'] | null;
  readonly node: string | null;
  /** Over all load balancers; null: none reports it. */
  readonly requestsInFlight: number | null;
  readonly balancers: readonly BalancerShare[];
  readonly loadAverage: number | null;
  readonly memory: number | null;
  readonly memoryBytes: number | null;
  /** In steps; null: nothing was reported. */
  readonly sampleAgeSeconds: number | null;
}

const LEAST_IN_FLIGHT = 0.5;
const SHARE_OF_VALUE = 0.03;
const LEAST_PERCENT = 2;

export interface Whereabouts {
  readonly now: number;
  readonly inFlight: InFlight;
  /** By name of the host cluster. */
  readonly hosts: ReadonlyMap<string, HostPlace['status']>;
}

/** `shown` itself, where there is nothing else to say now; oldest first. */
export function instancesOf(
  cluster: ClusterState,
  whereabouts: Whereabouts,
  shown: readonly OverviewInstance[] | null,
): readonly OverviewInstance[] {
  const before = new Map(shown?.map((instance) => [instance.uid, instance]));
  const instances = cluster.live().map((instance) => {
    const known = before.get(instance.record.uid);
    const told = tell(cluster, instance, whereabouts, known);
    return known !== undefined && isDeepStrictEqual(known, told) ? known : told;
  });
  const isSame = shown?.length === instances.length && instances.every((instance, index) => instance === shown[index]);
  return isSame ? shown : instances;
}

function tell(
  cluster: ClusterState,
  instance: InstanceState,
  { now, inFlight, hosts }: Whereabouts,
  shown: OverviewInstance | undefined,
): OverviewInstance {
  const { record, observed } = instance;
  const { uid, state, unreachable, draining, reason, createdAt, activeAt, placement } = record;
  const hostCluster = placement?.hostCluster ?? null;
  return {
    ...{ uid, state, unreachable, draining, reason, createdAt, activeAt },
    name: nameOf(observed),
    release: numberOf(cluster, instance.runningRelease),
    ...{ hostCluster, partition: placement?.partition ?? null, node: observed?.node ?? null },
    hostClusterState: hostCluster === null ? null : (hosts.get(hostCluster) ?? null),
    ...loadOf(instance, inFlight.get(uid), now, shown),
  };
}

function loadOf(
  { lastSample }: InstanceState,
  shares: readonly BalancerShare[] | undefined,
  now: number,
  shown: OverviewInstance | undefined,
): Pick<
  OverviewInstance,
  'requestsInFlight' | 'balancers' | 'loadAverage' | 'memory' | 'memoryBytes' | 'sampleAgeSeconds'
> {
  const gauge = (name: string): number | null => lastSample?.gauges[name] ?? null;
  const balancers = (shares ?? []).map(({ balancer, requestsInFlight }) => {
    const before = shown?.balancers.find((share) => share.balancer === balancer)?.requestsInFlight;
    return { balancer, requestsInFlight: inFlight(before, requestsInFlight) ?? 0 };
  });
  const memoryBytes = gauge('memoryBytes');
  return {
    requestsInFlight: inFlight(shown?.requestsInFlight, totalInFlight(shares)),
    balancers,
    loadAverage: steady(shown?.loadAverage, gauge('loadAverage'), LEAST_PERCENT),
    memory: steady(shown?.memory, gauge('memory'), LEAST_PERCENT),
    memoryBytes: steady(shown?.memoryBytes, memoryBytes, SHARE_OF_VALUE * (memoryBytes ?? 0)),
    sampleAgeSeconds: lastSample === null ? null : coarseAge((now - lastSample.at) / 1000),
  };
}

function inFlight(shown: number | null | undefined, value: number | null): number | null {
  return steady(shown, value, Math.max(LEAST_IN_FLIGHT, SHARE_OF_VALUE * (value ?? 0)));
}

/** The innermost thing that runs it. */
function nameOf(observed: ObservedInstance | null): string | null {
  const runs = observed?.objects?.findLast(({ kind }) => kind === 'Pod' || kind === 'Process');
  return runs?.name.split('/').at(-1) ?? null;
}

function numberOf({ stable, candidate }: ClusterState, release: string | null): number | null {
  return [candidate, stable].find((known) => known?.uid === release)?.number ?? null;
}
