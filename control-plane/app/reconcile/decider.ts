/**
 * Observe → decide, and apart from it: store what is wanted. Deciding waits for nothing but what it reads, so it goes on each second
 * while the database is locked; what it wants to change waits for the service cluster's turn and for the database, and what was
 * decided last is what is stored then.
 */
import { decide } from '../../domain/autoscaling/decide.ts';
import type { Decision, DecisionInput } from '../../domain/autoscaling/decision.ts';
import { explain } from '../../domain/autoscaling/explain.ts';
import { formatNumber } from '../../domain/autoscaling/format.ts';
import { addedText, assign } from '../../domain/placement/assign.ts';
import { remember, rememberChange } from '../../domain/autoscaling/memory.ts';
import { observe, type Situation } from '../../domain/autoscaling/observe.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState, Intent } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { mostIn, staying, type Placer, type Places } from '../placement/placer.ts';
import type { HostPlaces } from '../placement/host-places.ts';
import type { Store } from '../ports/store.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import type { Quotas } from '../tenants/quotas.ts';
import type { DecisionJournal } from './decision-journal.ts';
import type { Freeze } from './freeze.ts';

/** Ordinary writes take less. */
const TOLD_WAIT_MILLISECONDS = 1500;

export interface DeciderOptions {
  readonly store: Pick<Store, 'transaction'>;
  readonly fleet: Fleet;
  readonly placer: Pick<Placer, 'places'>;
  readonly hosts: Pick<HostPlaces, 'isLost'>;
  readonly quotas: Pick<Quotas, 'left'>;
  readonly journal: DecisionJournal;
  readonly events: EventRecorder;
  readonly freeze: Pick<Freeze, 'current'>;
  readonly reportIntervalSeconds: number;
  readonly count: (outcome: Decision['outcome'], reasonCode: string) => void;
  readonly now: () => number;
}

interface Limits {
  readonly quota: number;
  readonly places: Places;
}

/** What people change of a service cluster by hand. */
export type Steered = Partial<Pick<Situation, 'override' | 'paused' | 'shadow' | 'wanted'>> & {
  /** Undefined: it is not, or no more. */
  readonly stopped?: Situation['stopped'] | undefined;
};

/** A decision that nobody has made. */
export interface Preview {
  readonly input: DecisionInput;
  readonly decision: Decision;
  readonly places: Places;
}

export class Decider {
  readonly #options: DeciderOptions;

  constructor(options: DeciderOptions) {
    this.#options = options;
  }

  /** One evaluation. What it wants to change is the service cluster's intent until {@link act} has stored it. */
  async decide(cluster: ClusterState, platformAtFault: boolean): Promise<void> {
    const limits = await this.#limits(cluster);
    // Without a release there is nothing to have more of.
    if (cluster.stable === null || cluster.record.deletingSince !== null) {
      cluster.intent = null;
      return;
    }
    // From here on nothing is waited for: all of it is of one moment.
    const situation = this.#situation(cluster, platformAtFault, limits);
    const input = observe(cluster.windows, cluster.plan.effective, situation, cluster.memory, cluster.learnt);
    const decision = decide(input);
    this.#options.count(decision.outcome, decision.reasonCode);
    cluster.memory = remember(cluster.memory, input, decision, false);
    cluster.learnt.learn(cluster.windows, input, decision, cluster.plan.routes.length > 0);
    if (decision.acted === decision.from) this.#hold(cluster, decision, input);
    else this.#intend(cluster, decision, input, limits.places);
    cluster.changed.notify();
  }

  /**
   * What would be decided now if `change` were so; null where nothing is decided. Nothing of it is kept, and nothing waits for it.
   *
   * Rejects where the host clusters cannot be asked for room.
   */
  async preview(cluster: ClusterState, platformAtFault: boolean, change: Steered): Promise<Preview | null> {
    const limits = await this.#limits(cluster);
    if (cluster.stable === null || cluster.record.deletingSince !== null) return null;
    const situation = { ...this.#situation(cluster, platformAtFault, limits), ...change };
    const input = observe(cluster.windows, cluster.plan.effective, situation, cluster.memory, cluster.learnt);
    return { input, decision: decide(input), places: limits.places };
  }

  /** Stores what the last decision wants to change, and that an override is over. To be called in the service cluster's turn. */
  async act(cluster: ClusterState): Promise<void> {
    await this.#endOverride(cluster);
    await this.#want(cluster);
  }

  #hold(cluster: ClusterState, decision: Decision, input: DecisionInput): void {
    const { journal } = this.#options;
    cluster.intent = null;
    journal.note(cluster, journal.next(cluster, decision, input, explain(decision, input)));
  }

  #intend(cluster: ClusterState, decision: Decision, input: DecisionInput, places: Places): void {
    const { journal, now } = this.#options;
    const since = cluster.intent?.since ?? now();
    // The decision before this one wanted to act as well, and could not yet.
    if (cluster.intent !== null) {
      const waits = `${withoutPoint(explain(decision, input))}; acting waits for the database, for ${seconds(now() - since)}.`;
      journal.note(cluster, journal.waiting(cluster, decision, input, waits));
    }
    cluster.intent = { decision, input, placed: placedText(decision, places), since };
  }

  async #want(cluster: ClusterState): Promise<void> {
    const { store, events, journal } = this.#options;
    if (cluster.intent === null) return;
    const stored = await store.transaction(async (tx) => {
      // Read here and not before: the transaction may have waited, and what was decided last is what counts.
      const intent = presentIntent(cluster);
      if (intent === null) return null;
      const row = this.#row(cluster, intent);
      const record = { ...cluster.record, wanted: intent.decision.acted };
      const { from, sentence } = row;
      await tx.clusters.save(record);
      await tx.decisions.save(row);
      const scaled = { type: 'cluster.scaled' as const, cause: row.uid, data: { from, to: record.wanted, sentence } };
      await tx.events.append([
        events.complete({ ...scaled, tenant: record.tenant, subject: subjectOf.cluster(record) }),
      ]);
      return { intent, row };
    });
    // What was decided meanwhile began from a number that is not wanted any more.
    cluster.intent = null;
    if (stored === null) return;
    const { intent, row } = stored;
    events.appended.notify();
    cluster.record = { ...cluster.record, wanted: intent.decision.acted };
    cluster.memory = rememberChange(cluster.memory, intent.input, intent.decision);
    journal.note(cluster, row);
    cluster.changed.notify();
  }

  /** The decision as it is kept: what its sentence says of waiting is true now. */
  #row(cluster: ClusterState, { decision, input, placed, since }: Intent): DecisionRecord {
    const { journal, now } = this.#options;
    const explained = explain(decision, input);
    const sentence = placed === null ? explained : `${withoutPoint(explained)}; ${placed}.`;
    const waited = now() - since;
    if (waited < TOLD_WAIT_MILLISECONDS) return journal.next(cluster, decision, input, sentence);
    const told = `${withoutPoint(sentence)}; acting waited for the database, for ${seconds(waited)}.`;
    return journal.next(cluster, decision, input, told);
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

  async #limits(cluster: ClusterState): Promise<Limits> {
    const { quotas, placer } = this.#options;
    return { quota: await quotas.left(cluster), places: await placer.places(cluster) };
  }

  #situation(cluster: ClusterState, silenced: boolean, { quota, places }: Limits): Situation {
    const { record, plan } = cluster;
    const freeze = this.#options.freeze.current();
    const live = staying(cluster, this.#options.hosts);
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
      ...(record.stopped === null ? {} : { stopped: { by: record.stopped.by, reason: record.stopped.reason } }),
      shadow: record.shadow,
      frozen: freeze === null ? null : { by: freeze.by, reason: freeze.reason },
      silenced,
      quota,
      room: mostIn(places),
      startSeconds: record.startSeconds,
      declaredStartSeconds: plan.spec.startSeconds,
      reportIntervalSeconds: this.#options.reportIntervalSeconds,
    };
  }
}

/** Null where it was taken back, or was decided from a number that was changed meanwhile: the next decision knows that one. */
function presentIntent({ intent, record }: ClusterState): Intent | null {
  if (intent === null || record.deletingSince !== null) return null;
  return intent.decision.from === record.wanted ? intent : null;
}

/** Of a service cluster with several partitions, where what is added goes. */
function placedText(decision: Decision, { algorithm, partitions }: Places): string | null {
  if (partitions.length < 2) return null;
  const present = partitions.reduce((sum, partition) => sum + partition.present, 0);
  const more = Math.max(0, decision.acted - decision.from);
  return addedText(assign(present + more, partitions, algorithm));
}

function withoutPoint(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

function seconds(milliseconds: number): string {
  return `${formatNumber(Math.round(milliseconds / 1000))} s`;
}
