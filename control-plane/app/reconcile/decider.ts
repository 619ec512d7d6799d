/** Observe → decide → store what is wanted. The deciding itself is the domain's; here it gets what it needs and is recorded. */
import { decide } from '../../domain/autoscaling/decide.ts';
import type { Decision } from '../../domain/autoscaling/decision.ts';
import { explain } from '../../domain/autoscaling/explain.ts';
import { remember } from '../../domain/autoscaling/memory.ts';
import { learnBases, observe } from '../../domain/autoscaling/observe.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { DecisionRecord } from '../records.ts';
import type { Quotas } from '../tenants/quotas.ts';
import type { DecisionJournal } from './decision-journal.ts';

export interface DeciderOptions {
  readonly fleet: Fleet;
  /** Instances with this declared memory that still fit in. */
  readonly room: (memoryBytes: number) => Promise<number>;
  readonly quotas: Pick<Quotas, 'left'>;
  readonly journal: DecisionJournal;
  readonly events: EventRecorder;
  readonly reportIntervalSeconds: number;
  readonly count: (outcome: Decision['outcome'], reasonCode: string) => void;
  readonly now: () => number;
}

export class Decider {
  readonly #options: DeciderOptions;

  constructor(options: DeciderOptions) {
    this.#options = options;
  }

  async run(cluster: ClusterState, platformAtFault: boolean): Promise<void> {
    // Without a release there is nothing to have more of.
    if (cluster.stable === null || cluster.record.deletingSince !== null) return;
    await this.#endOverride(cluster);
    const { effective } = cluster.plan;
    const input = observe(
      cluster.windows,
      effective,
      await this.#situation(cluster, platformAtFault),
      cluster.memory,
      cluster.bases,
    );
    const decision = decide(input);
    const sentence = explain(decision, input);
    this.#options.count(decision.outcome, decision.reasonCode);
    const record = this.#options.journal.next(cluster, decision, input, sentence);
    // Wanted is stored before anything acts on it, together with the decision that says why.
    if (record.acted) await this.#want(cluster, record, decision.acted);
    cluster.memory = remember(cluster.memory, input, decision);
    cluster.bases = learnBases(cluster.bases, cluster.windows, input);
    this.#options.journal.note(cluster, record);
    cluster.changed.notify();
  }

  async #want(cluster: ClusterState, decision: DecisionRecord, wanted: number): Promise<void> {
    const record = { ...cluster.record, wanted };
    await this.#options.events.change(
      async (tx) => {
        await tx.clusters.save(record);
        await tx.decisions.save(decision);
      },
      {
        tenant: record.tenant,
        subject: subjectOf.cluster(record),
        type: 'cluster.scaled',
        cause: decision.uid,
        data: { from: decision.from, to: wanted, sentence: decision.sentence },
      },
    );
    cluster.record = record;
  }

  async #endOverride(cluster: ClusterState): Promise<void> {
    const { override } = cluster.record;
    if (override === null || override.expiresAt > this.#options.now()) return;
    const record = { ...cluster.record, override: null };
    await this.#options.events.change((tx) => tx.clusters.save(record), {
      tenant: record.tenant,
      subject: subjectOf.cluster(record),
      type: 'cluster.override-expired',
      data: { instances: override.instances, reason: override.reason },
    });
    cluster.record = record;
  }

  async #situation(cluster: ClusterState, silenced: boolean) {
    const { record, plan } = cluster;
    const live = cluster.live().filter((instance) => instance.record.draining?.purpose !== 'stop');
    const count = (states: readonly string[]): number =>
      live.filter((instance) => states.includes(instance.record.state)).length;
    const failedStarting =
      live.filter((instance) => instance.record.state === 'faulty').length + (cluster.startBackoff === null ? 0 : 1);
    return {
      now: this.#options.now(),
      key: cluster.keyText,
      wanted: record.wanted,
      instances: {
        active: count(['active', 'maintenance']),
        starting: count(['created', 'initialized', 'starting']),
        failedStarting,
        unreachable: live.filter((instance) => instance.record.unreachable).length,
      },
      override: record.override,
      paused: record.paused !== null,
      shadow: record.shadow,
      frozen: false,
      silenced,
      quota: await this.#options.quotas.left(cluster),
      room: Math.min(
        live.length + (await this.#options.room(plan.spec.resources.memoryBytes)),
        plan.placementMaximum ?? Number.MAX_SAFE_INTEGER,
      ),
      startSeconds: record.startSeconds,
      declaredStartSeconds: plan.spec.startSeconds,
      reportIntervalSeconds: this.#options.reportIntervalSeconds,
    };
  }
}
