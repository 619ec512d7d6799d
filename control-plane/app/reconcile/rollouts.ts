/** Carries out what {@link planRollout} says, one service cluster at a time, each step stored before it is acted on. */
import type { EventType } from '../../domain/events/types.ts';
import type { EventRecorder, Happening } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { replacesInstances } from '../fleet/image.ts';
import type { InstanceJournal } from '../fleet/instance-journal.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { HostPlaces } from '../placement/host-places.ts';
import type { Store } from '../ports/store.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { ReleaseRecord, RolloutRecord } from '../records/releases.ts';
import { drainState } from './drain.ts';
import type { Instances } from './instances.ts';
import { planReplacement } from './plan-replacement.ts';
import {
  planRollout,
  SOAK_MILLISECONDS,
  type RolloutInstance,
  type RolloutStep,
  type RolloutView,
} from './plan-rollout.ts';

/** Added to the time in which the cartridge says an application gets ready: fetching and unpacking. */
const FETCH_ALLOWANCE_SECONDS = 60;
const DEFAULT_READINESS_DEADLINE_SECONDS = 60;

export interface RolloutsOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly instances: Instances;
  readonly publisher: Publisher;
  readonly journal: InstanceJournal;
  readonly events: EventRecorder;
  readonly hosts: Pick<HostPlaces, 'isLost'>;
  readonly epoch: number;
  readonly now: () => number;
}

export class Rollouts {
  readonly #options: RolloutsOptions;
  /** Roll-outs that could not have one instance more; after a restart it is tried once again. */
  readonly #refused = new Set<string>();

  constructor(options: RolloutsOptions) {
    this.#options = options;
  }

  /** One step forward, where there is one. */
  async step(cluster: ClusterState): Promise<void> {
    const { rollout } = cluster;
    if (rollout === null || rollout.from === null) this.#serveAgain(cluster);
    if (rollout === null) return;
    // Without an instance nothing shows whether the release works: it goes on when the service cluster is started.
    if (cluster.record.stopped !== null && rollout.state === 'running') return;
    if (rollout.from === null) {
      await this.#followFirst(cluster, rollout);
      return;
    }
    const { state } = rollout;
    if (state !== 'running' && state !== 'returning') return;
    // A crash came between the instance that it asked for and the note that it takes the candidate.
    const unnoted = askedBy(cluster, rollout).filter(({ record }) => !rollout.instances.includes(record.uid));
    if (state === 'running' && unnoted.length > 0) {
      await this.#setInstances(cluster, [...rollout.instances, ...unnoted.map(({ record }) => record.uid)]);
      return;
    }
    const plan = replacesInstances(cluster) ? planReplacement : planRollout;
    const steps = plan({
      now: this.#options.now(),
      state,
      from: rollout.from,
      to: rollout.to,
      instances: this.#counted(cluster).map((instance) => this.#view(cluster, rollout, instance)),
      wanted: cluster.record.wanted,
      deadlineMilliseconds: this.#deadline(cluster),
      surge: this.#surge(cluster, rollout),
    });
    for (const step of steps) await this.#carryOut(cluster, rollout, step);
  }

  #counted(cluster: ClusterState): InstanceState[] {
    return cluster
      .live()
      .filter((instance) => instance.record.draining?.purpose !== 'stop' && !this.#options.hosts.isLost(instance));
  }

  #surge(cluster: ClusterState, { uid }: RolloutRecord): RolloutView['surge'] {
    if (this.surplus(cluster) > 0) return 'done';
    // One more would have volumes of its own, and nothing on them.
    return this.#refused.has(uid) || (cluster.hasVolumes && cluster.record.wanted > 0) ? 'refused' : 'possible';
  }

  /** How many instances beyond the wanted ones a roll-out needs now: those that it asked for itself, and where they take the place of others, one. */
  surplus(cluster: ClusterState): number {
    const { rollout } = cluster;
    if (rollout === null) return 0;
    if (!replacesInstances(cluster)) return askedBy(cluster, rollout).length;
    const counted = this.#counted(cluster);
    if (rollout.state === 'running') return counted.length > cluster.record.wanted ? 1 : 0;
    const takes = ({ record }: InstanceState): boolean => rollout.instances.includes(record.uid);
    const othersServe = counted.some((instance) => !takes(instance) && instance.record.state === 'active');
    return counted.some(takes) && !othersServe && cluster.record.wanted > 0 ? 1 : 0;
  }

  /**
   * An instance is given up. One that was to take the candidate, and has not yet served it for a moment, counts against it:
   * what ends its own agent is never seen to fail.
   */
  async lost(
    cluster: ClusterState,
    instance: InstanceState,
    reason: { readonly code: string; readonly message: string },
  ): Promise<void> {
    const { rollout } = cluster;
    if (rollout === null || rollout.state !== 'running' || rollout.from === null) return;
    if (!rollout.instances.includes(instance.record.uid)) return;
    const serves = instance.record.state === 'active' && instance.runningRelease === rollout.to;
    if (serves && this.#options.now() - instance.stateSince >= SOAK_MILLISECONDS) return;
    await this.#return(cluster, rollout, reason);
  }

  /** Without a roll-out nothing waits to be switched: a crash came between its end and the last word to an instance. */
  #serveAgain(cluster: ClusterState): void {
    for (const instance of cluster.live()) {
      if (instance.record.draining?.purpose === 'switch')
        this.#options.journal.update(cluster, instance, { draining: null });
    }
  }

  #deadline(cluster: ClusterState): number {
    const { readiness, startSeconds } = cluster.plan.spec;
    return (
      ((readiness?.deadlineSeconds ?? DEFAULT_READINESS_DEADLINE_SECONDS) + startSeconds + FETCH_ALLOWANCE_SECONDS) *
      1000
    );
  }

  #view(cluster: ClusterState, rollout: RolloutRecord, instance: InstanceState): RolloutInstance {
    const { record } = instance;
    const failed = Object.values(instance.artifact?.slots ?? {}).find(
      (slot) => slot.release === rollout.to && slot.phase === 'failed',
    );
    const takesCandidate = rollout.instances.includes(record.uid);
    if (takesCandidate && instance.switchedAt === null) instance.switchedAt = this.#options.now();
    const faulty = record.state === 'faulty' && instance.stateSince > (instance.switchedAt ?? 0) ? record.reason : null;
    return {
      uid: record.uid,
      state: record.state,
      runs: instance.runningRelease,
      takesCandidate,
      draining: record.draining === null ? 'none' : this.isDrained(cluster, instance) ? 'drained' : 'waiting',
      drainingSince: record.draining?.since ?? null,
      failure: failed?.error ?? faulty,
      switchedAt: instance.switchedAt,
      stateSince: instance.stateSince,
    };
  }

  isDrained(cluster: ClusterState, instance: InstanceState): boolean {
    const { record } = instance;
    if (record.draining === null) return false;
    const balancers = this.#options.fleet
      .balancersOf(cluster.record.applicationUid)
      .filter((balancer) => balancer !== cluster)
      .flatMap((balancer) =>
        balancer.live().filter((member) => member.record.state === 'active' && member.observed?.state !== 'gone'),
      );
    // Of what is deleted nobody has to be told who is not there any more: a broker that is away is not waited for.
    const isAbandoned = cluster.record.deletingSince !== null && balancers.length === 0;
    const state = drainState({
      now: this.#options.now(),
      instance: record.uid,
      alias: record.alias,
      drainingSince: record.draining.since,
      drainSeconds: cluster.plan.spec.drainSeconds,
      isPublished: cluster.publishedDraining.has(record.uid) || record.host === null || isAbandoned,
      topology: { uid: cluster.record.uid, epoch: this.#options.epoch, generation: cluster.topologyGeneration },
      balancers,
    });
    return state.kind !== 'waiting';
  }

  async #carryOut(cluster: ClusterState, rollout: RolloutRecord, step: RolloutStep): Promise<void> {
    switch (step.kind) {
      case 'surge':
        return this.#addOne(cluster, rollout);
      case 'drain':
        for (const instance of this.#named(cluster, step.instances))
          await this.#options.instances.drain(cluster, instance, 'switch', rollout.uid);
        return;
      case 'switch':
        return this.#setInstances(cluster, [...rollout.instances, ...step.instances]);
      case 'switch-back':
        for (const instance of this.#named(cluster, step.instances)) instance.switchedAt = null;
        return this.#setInstances(
          cluster,
          rollout.instances.filter((uid) => !step.instances.includes(uid)),
        );
      case 'serve':
        for (const instance of this.#named(cluster, step.instances))
          this.#options.journal.update(
            cluster,
            instance,
            { draining: null, release: instance.runningRelease },
            rollout.uid,
          );
        return this.#options.publisher.publish(cluster);
      case 'retire':
        for (const instance of this.#named(cluster, step.instances))
          await this.#options.instances.drain(cluster, instance, 'stop', rollout.uid);
        return;
      case 'promote':
        return this.#finish(cluster, rollout, 'succeeded');
      case 'return':
        return this.#return(cluster, rollout, step.reason);
      case 'returned':
        return this.#finish(cluster, rollout, 'returned');
    }
  }

  #named(cluster: ClusterState, uids: readonly string[]): InstanceState[] {
    return uids.flatMap((uid) => cluster.instances.get(uid) ?? []);
  }

  async #addOne(cluster: ClusterState, rollout: RolloutRecord): Promise<void> {
    try {
      const instance = await this.#options.instances.create(cluster, rollout.uid);
      await this.#setInstances(cluster, [...rollout.instances, instance.record.uid]);
    } catch (error) {
      // Without room for one more it goes on with the one there is; the load balancer queues meanwhile.
      this.#refused.add(rollout.uid);
      const { message } = error as Error;
      this.#options.events.record(told(cluster, rollout, 'rollout.surge-refused', { message }));
    }
  }

  async #setInstances(cluster: ClusterState, instances: readonly string[]): Promise<void> {
    if (cluster.rollout === null) return;
    const next: RolloutRecord = { ...cluster.rollout, instances };
    await this.#options.store.rollouts.save(next);
    cluster.rollout = next;
    await this.#options.publisher.publish(cluster);
    cluster.changed.notify();
  }

  async #return(
    cluster: ClusterState,
    rollout: RolloutRecord,
    reason: { code: string; message: string },
  ): Promise<void> {
    const next: RolloutRecord = { ...rollout, state: 'returning', reason };
    const returning = told(cluster, next, 'rollout.returning', { reason });
    await this.#options.events.change((tx) => tx.rollouts.save(next), returning);
    cluster.rollout = next;
    cluster.changed.notify();
  }

  /** The first release of a service cluster has nothing to return to: it is followed until it serves, or has failed. */
  async #followFirst(cluster: ClusterState, rollout: RolloutRecord): Promise<void> {
    const live = cluster.live();
    if (live.some((instance) => instance.record.state === 'active' && instance.runningRelease === rollout.to)) {
      await this.#finish(cluster, rollout, 'succeeded');
      return;
    }
    const failed = live.find((instance) => instance.record.state === 'faulty');
    const reason =
      failed?.record.reason ??
      (cluster.startBackoff === null ? null : { code: 'start-failed', message: cluster.startBackoff.reason });
    if (reason !== null) await this.#finish(cluster, { ...rollout, reason }, 'returned');
  }

  async #finish(cluster: ClusterState, rollout: RolloutRecord, state: 'succeeded' | 'returned'): Promise<void> {
    const { events, now, publisher } = this.#options;
    const finished: RolloutRecord = { ...rollout, state, finishedAt: now() };
    const keeps = state === 'succeeded' || rollout.from === null;
    const record = { ...cluster.record, stableRelease: keeps ? rollout.to : rollout.from, candidateRelease: null };
    const data = finished.reason === null ? {} : { reason: finished.reason };
    const releases = await events.change(
      async (tx) => {
        await tx.rollouts.save(finished);
        await tx.clusters.save(record);
        const changed: ReleaseRecord[] = [];
        const mark = async (uid: string | null, to: ReleaseRecord['state']): Promise<void> => {
          const release = uid === null ? undefined : await tx.releases.get(uid);
          if (release === undefined) return;
          changed.push({ ...release, state: to });
          await tx.releases.save({ ...release, state: to });
        };
        await mark(rollout.to, keeps ? 'stable' : 'returned');
        await mark(rollout.from, keeps ? 'superseded' : 'stable');
        return changed;
      },
      told(cluster, finished, `rollout.${state}`, data),
    );
    cluster.record = record;
    cluster.rollout = null;
    cluster.lastRollout = finished;
    cluster.stable = releases.find((release) => release.uid === record.stableRelease) ?? cluster.stable;
    cluster.candidate = null;
    this.#refused.delete(rollout.uid);
    for (const instance of cluster.live()) instance.switchedAt = null;
    await publisher.publish(cluster);
    cluster.changed.notify();
  }
}

function told(
  cluster: ClusterState,
  rollout: RolloutRecord,
  type: EventType,
  data: Record<string, unknown>,
): Happening {
  return {
    tenant: cluster.record.tenant,
    subject: subjectOf.cluster(cluster.record),
    type,
    cause: rollout.uid,
    data: { rollout: rollout.uid, from: rollout.from, to: rollout.to, ...data },
  };
}

/** The instances beyond the wanted ones that a roll-out asked for. */
function askedBy(cluster: ClusterState, rollout: RolloutRecord): InstanceState[] {
  return cluster.live().filter(({ record }) => record.cause === rollout.uid && record.draining?.purpose !== 'stop');
}
