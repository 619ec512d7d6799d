/**
 * Says in the event log when something has begun that somebody may want to be told of, and when it is over: a service cluster
 * that may not grow, one that nothing is heard of. Once each, however long it lasts.
 */
import type { EventType } from '../../domain/events/types.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Clock } from '../ports/clock.ts';

/** What keeps a service cluster from having more instances than it would need. */
const CEILINGS: ReadonlySet<string> = new Set(['maximum', 'quota', 'room']);
/** A ceiling that is not reached for so long is not reached any more. */
const CEILING_OVER_MILLISECONDS = 60_000;

export interface AlarmsOptions {
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

export class Alarms {
  readonly #options: AlarmsOptions;
  /** When the ceiling was last reached. */
  readonly #ceilings = new WeakMap<ClusterState, number>();
  readonly #unheard = new WeakSet<ClusterState>();

  constructor(options: AlarmsOptions) {
    this.#options = options;
  }

  /** To be called after each decision. */
  ceiling(cluster: ClusterState): void {
    // The platform's own: nobody chose its maximum, and nobody can change it.
    if (cluster.isLoadBalancer) return;
    const now = this.#options.clock.monotonic();
    const reachedAt = this.#ceilings.get(cluster);
    const clamps = cluster.lastDecision?.decision.clamps ?? [];
    const clamp = clamps.find(({ code, from, to }) => CEILINGS.has(code) && to < from);
    if (clamp !== undefined) {
      this.#ceilings.set(cluster, now);
      const { code, from, to, detail } = clamp;
      if (reachedAt === undefined)
        this.#tell(cluster, 'cluster.at-maximum', { reason: code, needed: from, allowed: to, detail });
    } else if (reachedAt !== undefined && now - reachedAt >= CEILING_OVER_MILLISECONDS) {
      this.#ceilings.delete(cluster);
      this.#tell(cluster, 'cluster.below-maximum', {});
    }
  }

  /** To be called in each pass. `isLost`: what is not heard of its instances is the platform's fault. */
  telemetry(cluster: ClusterState, isLost: boolean): void {
    if (isLost === this.#unheard.has(cluster)) return;
    if (isLost) this.#unheard.add(cluster);
    else this.#unheard.delete(cluster);
    this.#tell(cluster, isLost ? 'cluster.telemetry-lost' : 'cluster.telemetry-back', {});
  }

  #tell({ record }: ClusterState, type: EventType, data: Readonly<Record<string, unknown>>): void {
    this.#options.events.record({ tenant: record.tenant, subject: subjectOf.cluster(record), type, data });
  }
}
