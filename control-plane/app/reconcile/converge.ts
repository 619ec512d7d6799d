/**
 * Brings what runs to what is wanted: notices what is gone, replaces it, starts what is missing, drains and stops what is too
 * much. Level-triggered: each pass looks at everything again and remembers nothing that a crash could lose.
 */
import type { Logger } from 'pino';
import { BROKER_PROBLEM_PREFIX } from '../../../schema/mqtt/broker-problem.ts';
import { placeText, type Placement } from '../../domain/placement/placement.ts';
import { CartwrightError, startFailure } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { isOfAnotherImage } from '../fleet/image.ts';
import type { InstanceJournal } from '../fleet/instance-journal.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { HostPlaces } from '../placement/host-places.ts';
import { staying, type Placer } from '../placement/placer.ts';
import { isProviderProblem, type Provider } from '../ports/provider.ts';
import { byOrdinal, chooseVictims } from './choose-victims.ts';
import { judge, SILENT_AFTER_MILLISECONDS } from './health.ts';
import { KEEP_TERMINATED_MILLISECONDS, type Instances } from './instances.ts';
import type { Moves } from './moves.ts';
import type { Rollouts } from './rollouts.ts';

export interface ConvergeOptions {
  readonly fleet: Fleet;
  readonly instances: Instances;
  readonly rollouts: Rollouts;
  readonly provider: Pick<Provider, 'settle'>;
  readonly placer: Pick<Placer, 'takeOrder' | 'partitionOf'>;
  readonly moves: Pick<Moves, 'step'>;
  readonly hosts: Pick<HostPlaces, 'isUnknown' | 'isLost'>;
  readonly journal: InstanceJournal;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly now: () => number;
  /** Asks for another pass soon. */
  readonly markDirty: (cluster: ClusterState) => void;
}

export class Converge {
  readonly #options: ConvergeOptions;
  readonly #stopping = new Map<string, Promise<void>>();

  constructor(options: ConvergeOptions) {
    this.#options = options;
  }

  async run(cluster: ClusterState, platformAtFault: boolean): Promise<void> {
    await this.#noticeGone(cluster, platformAtFault);
    await this.#options.rollouts.step(cluster);
    await this.#matchCount(cluster);
    this.#settle(cluster);
    this.#stopDrained(cluster);
    this.#forgetTerminated(cluster);
  }

  async #noticeGone(cluster: ClusterState, platformAtFault: boolean): Promise<void> {
    for (const instance of cluster.live()) {
      // Its end is under way; what it leaves is cleared away there.
      if (this.#stopping.has(instance.record.uid)) continue;
      // Neither that it is gone can be known nor could it be ended.
      if (this.#options.hosts.isUnknown(instance)) {
        this.#noteSilence(cluster, instance);
        continue;
      }
      this.#noteProblem(cluster, instance);
      const verdict = judge(cluster, instance, this.#options.now(), platformAtFault);
      switch (verdict.kind) {
        case 'fine':
          break;
        case 'silent':
          if (!instance.record.unreachable) this.#options.journal.update(cluster, instance, { unreachable: true });
          break;
        case 'heard':
          this.#heard(cluster, instance);
          break;
        case 'gone':
          await this.#giveUp(cluster, instance, verdict.code, verdict.detail);
          break;
        case 'replace':
          await this.#giveUp(cluster, instance, verdict.code, verdict.detail);
          break;
      }
    }
  }

  #noteSilence(cluster: ClusterState, instance: InstanceState): void {
    const { journal, now, hosts } = this.#options;
    const { record, silentSince, connected } = instance;
    const isSilent = now() - silentSince >= SILENT_AFTER_MILLISECONDS;
    if (isSilent && !record.unreachable) journal.update(cluster, instance, { unreachable: true });
    if (!isSilent && record.unreachable && connected) this.#heard(cluster, instance);
    // Its share of the demand is the others' now.
    if (!hosts.isLost(instance)) return;
    cluster.windows.setInstanceState(record.uid, 'unreachable', now());
    this.#tellLost(instance);
  }

  /** Once, and once more by a control plane that has been started since. */
  #tellLost(instance: InstanceState): void {
    const { placement } = instance.record;
    if (instance.isLostTold || placement === null) return;
    instance.isLostTold = true;
    const message = `neither ${placement.hostCluster} nor its agent is heard of; others take its place until it is`;
    this.#options.journal.happened(instance, { type: 'instance.lost', data: { ...placement, message } });
  }

  #heard(cluster: ClusterState, instance: InstanceState): void {
    instance.isLostTold = false;
    this.#options.journal.update(cluster, instance, { unreachable: false });
    // It may have been left out while it was lost.
    cluster.windows.setInstanceState(instance.record.uid, instance.record.state, this.#options.now());
  }

  /**
   * What its provider says is wrong, or what keeps its agent from the broker, is its reason for as long as that is said. An instance
   * whose agent is heard of is explained by its agent.
   */
  #noteProblem(cluster: ClusterState, instance: InstanceState): void {
    const { record, observed } = instance;
    if (observed === null || observed.state === 'gone' || record.state === 'faulty') return;
    const told = isToldByProvider(record.reason?.code) ? record.reason?.code : undefined;
    const { problem } = observed;
    if (told === problem?.code) return;
    if (instance.connected && [told, problem?.code].some((code = '') => isProviderProblem(code))) return;
    const reason = problem === undefined ? null : { code: problem.code, message: problem.message };
    if (reason !== null) {
      this.#options.logger.warn(
        { instance: record.uid, cluster: cluster.keyText, code: reason.code },
        `something is wrong with an instance: ${reason.message}`,
      );
      this.#options.journal.happened(instance, { type: 'instance.problem', data: { reason } });
    }
    this.#options.journal.update(cluster, instance, { reason });
  }

  /** Marks an instance faulty with its reason and removes it; the count then asks for another. */
  async #giveUp(cluster: ClusterState, instance: InstanceState, code: string, message: string): Promise<void> {
    const { journal, instances, rollouts } = this.#options;
    const { record } = instance;
    const reason = record.state === 'faulty' && record.reason !== null ? record.reason : { code, message };
    const asked = record.draining?.purpose === 'stop';
    if (!asked) {
      await rollouts.lost(cluster, instance, reason);
      journal.update(cluster, instance, { state: 'faulty', reason });
    }
    await instances.discard(cluster, instance, record.cause);
    // After it was cleared away: an instance whose clearing is tried again is still one failed start. One that the provider
    // never had was counted when it refused it.
    if (!asked && record.activeAt === null && instance.observed !== null)
      instances.noteFailedStart(cluster, reason.message);
  }

  /** Instances that shall exist: the wanted ones, one more where a roll-out needs it, none when the service cluster goes or is stopped. */
  #target(cluster: ClusterState): number {
    const { deletingSince, stopped, wanted } = cluster.record;
    if (deletingSince !== null || stopped !== null || cluster.stable === null) return 0;
    return wanted + this.#options.rollouts.surplus(cluster);
  }

  async #matchCount(cluster: ClusterState): Promise<void> {
    const { hosts, moves } = this.#options;
    const present = staying(cluster, hosts);
    const target = this.#target(cluster);
    if (cluster.hasVolumes) await this.#renewNumbered(cluster, present, target);
    const isMovable = !cluster.hasVolumes && cluster.rollout === null;
    // For a moment there is one more: it serves before the one that it stands for goes.
    const move = isMovable ? await moves.step(cluster, present, target) : null;
    if (move?.kind === 'waits') return;
    if (move?.kind === 'begins') await this.#create(cluster, 1, move.from);
    else if (present.length > target) await this.#drain(cluster, present, present.length - target);
    else await this.#create(cluster, target - present.length - this.#takeBack(cluster, target - present.length), null);
  }

  /** Whoever is to take the place of one that is gone has been begun, or there is none to come. */
  #settle(cluster: ClusterState): void {
    const { hosts, provider } = this.#options;
    if (staying(cluster, hosts).length >= this.#target(cluster)) provider.settle?.(cluster.record.uid);
  }

  async #drain(cluster: ClusterState, present: readonly InstanceState[], count: number): Promise<void> {
    const { instances, placer } = this.#options;
    const victims = chooseVictims(present, count, {
      inFlight: (uid) => this.#inFlight(cluster, uid),
      takeOrder: (among, most) => placer.takeOrder(cluster, among, most).map(placeText),
      placeOf: (instance) => placeText(placer.partitionOf(cluster, instance)),
      isOutdated: (instance) => isOfAnotherImage(instance, cluster),
      areNumbered: cluster.hasVolumes,
    });
    for (const victim of victims) await instances.drain(cluster, victim, 'stop', cluster.lastDecision?.uid ?? null);
  }

  /** @param movesFrom where the one is that the new one stands for, if it does */
  async #create(cluster: ClusterState, count: number, movesFrom: Placement | null): Promise<void> {
    const { instances, now, events, logger } = this.#options;
    const { keyText, record, startBackoff } = cluster;
    const cause = cluster.lastDecision?.uid ?? null;
    if (startBackoff !== null && now() < startBackoff.notBefore) return;
    // Another would begin with a volume of its own, empty, beside the one that is about to be free.
    if (cluster.hasVolumes && this.#isEnding(cluster)) return;
    for (let created = 0; created < count; created += 1) {
      try {
        await instances.create(cluster, cause, movesFrom);
        cluster.noPlace = null;
      } catch (error) {
        if (error instanceof CartwrightError && error.code === 'NO_PLACE') return this.#noPlace(cluster, error, cause);
        logger.error({ cluster: keyText, uid: record.uid, error }, 'an instance was not started');
        events.record({
          ...{ tenant: record.tenant, subject: subjectOf.cluster(record), type: 'instance.start-failed', cause },
          data: { message: startFailure(error, record.uid).message },
        });
        return;
      }
    }
  }

  /** Data stays where it is, and holds its instance there: that goes on from the other image. */
  async #renewNumbered(cluster: ClusterState, present: readonly InstanceState[], target: number): Promise<void> {
    if (target === 0 || cluster.rollout !== null || present.length !== target || this.#isEnding(cluster)) return;
    const isServed = present.every(({ record }) => record.state === 'active' && !record.unreachable);
    const outdated = present.filter((instance) => isOfAnotherImage(instance, cluster));
    if (isServed && outdated.length > 0) await this.#renew(cluster, outdated[0]!);
  }

  /** What is refused is tried again after a pause, as a start that failed is. */
  async #renew(cluster: ClusterState, instance: InstanceState): Promise<void> {
    const { instances, logger, now } = this.#options;
    if (cluster.startBackoff !== null && now() < cluster.startBackoff.notBefore) return;
    try {
      await instances.renew(cluster, instance);
    } catch (error) {
      logger.error(
        { instance: instance.record.uid, error },
        'an instance does not go on from the image of its release',
      );
      instances.noteFailedStart(cluster, startFailure(error, instance.record.uid).message);
    }
  }

  /** Told once for as long as it is the same; each pass looks again, as a place may come at any moment. */
  #noPlace(cluster: ClusterState, { message }: CartwrightError, cause: string | null): void {
    if (cluster.noPlace === message) return;
    cluster.noPlace = message;
    this.#options.events.record({
      tenant: cluster.record.tenant,
      subject: subjectOf.cluster(cluster.record),
      type: 'instance.no-place',
      cause,
      data: { message },
    });
  }

  /** Instances on their way out serve again when they are wanted again and nothing was stopped yet. Returns how many. */
  #takeBack(cluster: ClusterState, count: number): number {
    const leaving = cluster
      .live()
      .filter(
        (instance) =>
          instance.record.draining?.purpose === 'stop' &&
          instance.record.state === 'active' &&
          !this.#stopping.has(instance.record.uid) &&
          !isOfAnotherImage(instance, cluster) &&
          !this.#options.hosts.isLost(instance),
      );
    if (cluster.hasVolumes) leaving.sort(byOrdinal);
    const back = leaving.slice(0, Math.max(0, count));
    for (const instance of back) this.#options.journal.update(cluster, instance, { draining: null });
    return back.length;
  }

  #isEnding(cluster: ClusterState): boolean {
    return cluster.live().some(({ record }) => record.draining?.purpose === 'stop');
  }

  /** Stopping takes as long as an application needs to end, so it goes on beside the passes that follow. */
  #stopDrained(cluster: ClusterState): void {
    for (const instance of cluster.live()) {
      const { uid, draining, activeAt, cause } = instance.record;
      if (draining?.purpose !== 'stop' || this.#stopping.has(uid)) continue;
      // It is tried once its host cluster answers again.
      if (this.#options.hosts.isUnknown(instance)) continue;
      const served = activeAt !== null && !cluster.isLoadBalancer;
      if (served && !this.#options.rollouts.isDrained(cluster, instance)) continue;
      const stopping = this.#options.instances
        .stop(cluster, instance, cause)
        .then(
          () => this.#options.markDirty(cluster),
          // The next regular pass tries again; at once would be in a loop.
          (error: unknown) =>
            this.#options.logger.error({ instance: uid, error }, 'an instance was not stopped; it is tried again'),
        )
        .finally(() => this.#stopping.delete(uid));
      this.#stopping.set(uid, stopping);
    }
  }

  /** Waits for the stops under way. */
  async close(): Promise<void> {
    await Promise.all(this.#stopping.values());
  }

  #inFlight(cluster: ClusterState, uid: string): number {
    let total = 0;
    for (const balancer of this.#options.fleet.balancersOf(cluster.record.applicationUid)) {
      for (const instance of balancer.live()) total += instance.inFlightByInstance.get(uid) ?? 0;
    }
    return total;
  }

  #forgetTerminated(cluster: ClusterState): void {
    const before = this.#options.now() - KEEP_TERMINATED_MILLISECONDS;
    for (const instance of cluster.instances.values()) {
      const { terminatedAt, uid } = instance.record;
      if (terminatedAt !== null && terminatedAt < before) this.#options.fleet.removeInstance(uid);
    }
  }
}

function isToldByProvider(code = ''): boolean {
  return isProviderProblem(code) || code.startsWith(BROKER_PROBLEM_PREFIX);
}
