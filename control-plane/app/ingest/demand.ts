/** What a load balancer saw of each service cluster behind it. */
import type { DemandReport } from '../../../schema/mqtt/demand.ts';
import type { DemandInterval } from '../../domain/forecasting/demand-delta.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Meter } from '../metering/meter.ts';
import type { ClusterKey } from '../../../schema/mqtt/topics.ts';
import type { Source } from './ingest.ts';

export interface DemandContext {
  readonly fleet: Fleet;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly stale: (reports: number) => void;
  readonly meter: Pick<Meter, 'demand'>;
  readonly throttled: (cluster: ClusterKey, requests: number) => void;
  readonly affinityBroken: (cluster: ClusterKey, requests: number) => void;
  readonly ejected: (cluster: ClusterKey, times: number) => void;
}

export function onDemand(source: Source, report: DemandReport, context: DemandContext): void {
  const { instance, cluster: balancer, receivedAt } = source;
  instance.lastHeardAt = receivedAt;
  // Only the application's own load balancer speaks of its service clusters; the broker's allow-list says the same.
  if (!balancer.isLoadBalancer || instance.session !== report.session) {
    context.stale(1);
    return;
  }
  const tracked = instance.demand.accept(report, receivedAt);
  if (tracked.ignored.includes('old-session') || (tracked.ignored.length > 0 && tracked.intervals.length === 0)) {
    context.stale(1);
    if (tracked.ignored.includes('old-session') || tracked.ignored.includes('duplicate')) return;
  }
  instance.demandAt = receivedAt;
  instance.inFlightByInstance = new Map(
    Object.values(report.targets).flatMap((target) =>
      Object.entries(target.instances).map(([uid, { inFlight }]) => [uid, inFlight] as const),
    ),
  );
  for (const { alias, interval } of tracked.intervals) {
    const target = context.fleet.clusterByKey({ ...balancer.key, alias });
    if (target === undefined || target.record.applicationUid !== balancer.record.applicationUid) continue;
    context.meter.demand(target, instance, report, alias, receivedAt);
    target.windows.observeDemand(instance.record.uid, interval, receivedAt);
    target.demandAt = receivedAt;
    note(target, interval, context);
  }
}

function note(target: ClusterState, interval: DemandInterval, context: DemandContext): void {
  const { queuedNow, throttled, affinityBroken, ejections } = interval;
  if (throttled > 0) context.throttled(target.key, throttled);
  if (affinityBroken > 0) context.affinityBroken(target.key, affinityBroken);
  if (ejections > 0) context.ejected(target.key, ejections);
  // A request waits for the first instance: that is decided at once, and not with the next second.
  if (target.record.wanted === 0 && queuedNow > 0) target.lastDecidedAt = 0;
  // Somebody waits for this report: a drain for its last request, or a queue for an instance.
  if (isWaiting(target, queuedNow)) context.markDirty(target);
}

function isWaiting(target: ClusterState, queued: number): boolean {
  return queued > 0 || target.live().some((member) => member.record.draining !== null);
}
