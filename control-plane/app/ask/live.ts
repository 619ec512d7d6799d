/** Live figures for people: what the last seconds said. */
import { COUNTER } from '../../../schema/mqtt/stats.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { ClusterLive, InstanceAgent, InstanceLive } from '../use-cases.ts';

/** @param requestsInFlight over all load balancers; null: none reports it */
export function instanceLive(instance: InstanceState, requestsInFlight: number | null, now: number): InstanceLive {
  const { lastSample } = instance;
  const gauge = (name: string): number | null => lastSample?.gauges[name] ?? null;
  return {
    instance: instance.record.uid,
    sampleAgeSeconds: lastSample === null ? null : Math.max(0, (now - lastSample.at) / 1000),
    loadAverage: gauge('loadAverage'),
    memory: gauge('memory'),
    memoryBytes: gauge('memoryBytes'),
    cpuCores: lastSample?.rates[COUNTER.cpuSeconds] ?? null,
    cpuThrottled: lastSample?.rates[COUNTER.cpuThrottledSeconds] ?? null,
    requestsInFlight,
    clockSkewSeconds: lastSample?.clockSkewSeconds ?? null,
  };
}

/** Null before its agent has said anything to this control plane. */
export function instanceAgent(instance: InstanceState): InstanceAgent | null {
  const { session, agentVersion, connected, lastHeardAt, restarts, artifact } = instance;
  if (session === null || agentVersion === null) return null;
  const slots = Object.entries(artifact?.slots ?? {});
  return {
    ...{ version: agentVersion, session, connected, lastHeardAt, restarts },
    artifacts: slots.map(([slot, report]) => ({ slot, ...report, error: report.error ?? null })),
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
