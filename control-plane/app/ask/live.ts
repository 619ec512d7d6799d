/** Live figures for people: what the last seconds said. */
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { ClusterLive, InstanceLive } from '../use-cases.ts';

/** @param requestsInFlight over all load balancers; null: none reports it */
export function instanceLive(instance: InstanceState, requestsInFlight: number | null, now: number): InstanceLive {
  const gauge = (name: string): number | null => instance.lastSample?.gauges[name] ?? null;
  return {
    instance: instance.record.uid,
    sampleAgeSeconds: instance.lastSample === null ? null : Math.max(0, (now - instance.lastSample.at) / 1000),
    loadAverage: gauge('loadAverage'),
    memory: gauge('memory'),
    memoryBytes: gauge('memoryBytes'),
    requestsInFlight,
    clockSkewSeconds: instance.clockSkewSeconds,
    agentVersion: instance.agentVersion,
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
      const forecast = proposals.find((proposal) => proposal.factor === name)?.forecast ?? null;
      return { name, target, observed: forecast?.level ?? null, capacity: active * target, forecast };
    }),
  };
}
