/** Live figures for people: what the last seconds said. */
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { ClusterLive, InstanceLive } from '../use-cases.ts';

export function instanceLive(fleet: Fleet, cluster: ClusterState, instance: InstanceState, now: number): InstanceLive {
  const gauge = (name: string): number | null => instance.lastSample?.gauges[name] ?? null;
  let requestsInFlight: number | null = null;
  for (const balancer of fleet.balancersOf(cluster.record.applicationUid)) {
    for (const member of balancer.live()) {
      const count = member.inFlightByInstance.get(instance.record.uid);
      if (count !== undefined) requestsInFlight = (requestsInFlight ?? 0) + count;
    }
  }
  return {
    instance: instance.record.uid,
    sampleAgeSeconds: instance.lastSample === null ? null : Math.max(0, (now - instance.lastSample.at) / 1000),
    loadAverage: gauge('loadAverage'),
    memory: gauge('memory'),
    memoryBytes: gauge('memoryBytes'),
    requestsInFlight,
    clockSkewSeconds: null,
  };
}

export function clusterLive(cluster: ClusterState, now: number): ClusterLive {
  const live = cluster.live();
  const count = (predicate: (instance: InstanceState) => boolean): number => live.filter(predicate).length;
  const active = count(({ record }) => record.state === 'active' && record.draining === null);
  const proposals = cluster.lastDecision?.decision.proposals ?? [];
  return {
    cluster: cluster.record.uid,
    at: now,
    wanted: cluster.record.wanted,
    active,
    starting: count(
      ({ record }) =>
        record.state === 'created' ||
        record.state === 'initialized' ||
        record.state === 'starting' ||
        record.state === 'maintenance',
    ),
    faulty: count(({ record }) => record.state === 'faulty'),
    throughputPerSecond: cluster.windows.throughput(now),
    throttledPerSecond: cluster.windows.throttled(now),
    queued: cluster.windows.queued(now),
    horizonSeconds: cluster.lastDecision?.input?.horizonSeconds ?? 0,
    factors: cluster.plan.effective.factors.map(({ name, target }) => {
      const { forecast = null, base = 0 } = proposals.find((proposal) => proposal.factor === name) ?? {};
      // As the history has it: with what does not divide, which forecasts are without.
      const observed = forecast === null ? null : forecast.level + base * active;
      return { name, target, base, observed, capacity: active * target, forecast };
    }),
  };
}
