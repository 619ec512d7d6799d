/**
 * Creating, stopping and giving up instances: the only place that writes to a provider. Each write checks first that this
 * control plane still is the one holder (fencing number), and each can be done twice without harm.
 */
import type { Logger } from 'pino';
import { placeText, type Placement } from '../../domain/placement/placement.ts';
import { CartwrightError, isOfTheMachine, startFailure } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { InstanceJournal } from '../fleet/instance-journal.ts';
import { instanceDocument } from '../fleet/instance-document.ts';
import { newInstanceRecord } from '../fleet/instance-record.ts';
import { InstanceState } from '../fleet/instance-state.ts';
import type { AgentTokens } from '../identity/agent-tokens.ts';
import { issueToken } from '../instance-tokens.ts';
import type { Placer } from '../placement/placer.ts';
import type { BrokerAccounts } from '../ports/broker-accounts.ts';
import type { NewUid } from '../ports/clock.ts';
import type { InstanceRequest, Provider } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Publisher } from '../publish/publisher.ts';

/** How long an agent gets to end after its application was drained. */
const STOP_GRACE_SECONDS = 5;
const FIRST_BACKOFF_MILLISECONDS = 1000;
const LONGEST_BACKOFF_MILLISECONDS = 300_000;
/** How long ended instances stay in memory for those who ask. */
export const KEEP_TERMINATED_MILLISECONDS = 600_000;

export interface InstancesOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly provider: Provider;
  readonly placer: Pick<Placer, 'next' | 'placed' | 'placementOf'>;
  readonly publisher: Publisher;
  readonly accounts: Pick<BrokerAccounts, 'revoke'>;
  readonly tokens: Pick<AgentTokens, 'grantNew'>;
  readonly vault: Pick<Vault, 'derive'>;
  readonly journal: InstanceJournal;
  readonly events: EventRecorder;
  readonly fence: number;
  readonly brokers: readonly string[];
  readonly controlPlane: string;
  readonly logger: Logger;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export class Instances {
  readonly #options: InstancesOptions;

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  /** Throws `FENCED` when another control plane has taken over. */
  async assertHolder(): Promise<void> {
    const fence = await this.#options.store.currentFence();
    if (fence !== this.#options.fence) {
      throw new CartwrightError(
        'FENCED',
        `another control plane has taken over (fencing number ${fence}, ours is ${this.#options.fence}); this one no longer acts`,
      );
    }
  }

  /**
   * Starts one instance. The record, and with it its place and the token's hash, is stored before the provider is asked. Rejects with
   * `CartwrightError` NO_PLACE, and nothing done, where there is none for it.
   *
   * @param movesFrom the place of one that goes once this one serves
   */
  async create(
    cluster: ClusterState,
    cause: string | null,
    movesFrom: Placement | null = null,
  ): Promise<InstanceState> {
    const { store, provider, placer, fleet, journal, events, tokens, now, newUid } = this.#options;
    const uid = newUid(now());
    const token = issueToken(this.#options.vault, uid);
    const { why, ...place } = await placer.next(cluster);
    const placement = { hostCluster: place.hostCluster, partition: place.partition };
    const record = newInstanceRecord(cluster, { uid, token, cause, placement, at: now() });
    await this.assertHolder();
    const created = {
      ...{ tenant: record.tenant, subject: subjectOf.instance(record), type: 'instance.created' as const, cause },
      data: { ...placement, why: movesFrom === null ? why : `${why}; in place of one of ${placeText(movesFrom)}` },
    };
    await store.observe(record, [events.complete(created)]);
    placer.placed(cluster, placement);
    events.appended.notify();
    const instance = new InstanceState(record, now());
    fleet.addInstance(cluster, instance);
    journal.created(instance);
    await tokens.grantNew(cluster, instance, token);
    try {
      instance.observed = await provider.create({
        document: instanceDocument(cluster, record, this.#options),
        token,
        placement: place,
        fixedPorts: fixedPortsOf(cluster),
      });
    } catch (error) {
      const reason = startFailure(error, record.uid);
      if (isOfTheMachine(error))
        this.#options.logger.error({ instance: record.uid, error }, 'an instance was not started');
      journal.update(cluster, instance, { state: 'faulty', reason }, cause);
      this.noteFailedStart(cluster, reason.message);
      await this.discard(cluster, instance, cause).catch((left: unknown) =>
        this.#options.logger.error(
          { instance: record.uid, error: left },
          'what is left of a failed start was not cleared away; it is tried again',
        ),
      );
      throw error;
    }
    cluster.changed.notify();
    return instance;
  }

  /**
   * Has an instance with volumes, and those beside it, go on from the image of their release: the same instances, whose provider replaces what is under
   * them in its own order. Idempotent.
   */
  async renew(cluster: ClusterState, instance: InstanceState): Promise<void> {
    const { provider, placer, vault } = this.#options;
    const placement = placer.placementOf(cluster, instance);
    await this.assertHolder();
    await provider.create({
      document: instanceDocument(cluster, instance.record, this.#options),
      token: issueToken(vault, instance.record.uid),
      ...(placement === undefined ? {} : { placement }),
      fixedPorts: fixedPortsOf(cluster),
    });
  }

  /** Takes an instance out of the load balancers; {@link stop} or a switch of its release follows once it is drained. */
  async drain(
    cluster: ClusterState,
    instance: InstanceState,
    purpose: 'stop' | 'switch',
    cause: string | null,
  ): Promise<void> {
    if (instance.record.draining?.purpose === purpose) return;
    this.#options.journal.update(cluster, instance, { draining: { purpose, since: this.#options.now() } }, cause);
    await this.#options.publisher.publish(cluster);
  }

  /** Ends a drained instance and forgets it. */
  async stop(cluster: ClusterState, instance: InstanceState, cause: string | null): Promise<void> {
    const { provider, publisher, now, newUid } = this.#options;
    await this.assertHolder();
    if (instance.connected && instance.observed?.state !== 'gone') {
      const deadlineMilliseconds = STOP_GRACE_SECONDS * 1000;
      const command = {
        v: 1,
        id: newUid(now()),
        kind: 'drain',
        expiresInMilliseconds: deadlineMilliseconds,
        deadlineMilliseconds,
      } as const;
      // The signal that follows does the same without a broker; the command only tells the agent that it is ours.
      await publisher
        .sendCommand({ ...cluster.key, instance: instance.record.uid }, command)
        .catch((error: unknown) => {
          this.#options.logger.info(
            { instance: instance.record.uid, error: (error as Error).message },
            'the drain command was not sent',
          );
        });
    }
    // The command took its time, and another control plane may have taken over meanwhile.
    await this.assertHolder();
    await provider.stop(instance.record.uid, STOP_GRACE_SECONDS);
    await this.discard(cluster, instance, cause);
  }

  /** Removes what is left of an instance and marks it terminated. */
  async discard(cluster: ClusterState, instance: InstanceState, cause: string | null): Promise<void> {
    const { provider, journal, publisher, accounts, now, logger } = this.#options;
    await this.assertHolder();
    await provider.remove(instance.record.uid);
    cluster.windows.remove(instance.record.uid, now());
    // What a load balancer reported of the others ends with it, too.
    if (cluster.isLoadBalancer)
      for (const other of this.#options.fleet.clustersOf(cluster.record.applicationUid))
        other.windows.remove(instance.record.uid, now());
    journal.update(
      cluster,
      instance,
      { state: 'terminated', terminatedAt: now(), unreachable: false, draining: null },
      cause,
    );
    await accounts.revoke(instance.record.uid);
    try {
      await publisher.clearInstance({ ...cluster.key, instance: instance.record.uid });
    } catch (error) {
      logger.warn(
        { instance: instance.record.uid, error: (error as Error).message },
        'retained topics of an ended instance were not cleared',
      );
    }
  }

  /** A start failed: the next one waits, twice as long after each failure in a row. */
  noteFailedStart(cluster: ClusterState, reason: string): void {
    const failures = (cluster.startBackoff?.failures ?? 0) + 1;
    const wait = Math.min(LONGEST_BACKOFF_MILLISECONDS, FIRST_BACKOFF_MILLISECONDS * 2 ** Math.min(failures - 1, 20));
    cluster.startBackoff = { failures, notBefore: this.#options.now() + wait, reason };
  }
}

function fixedPortsOf({ record }: ClusterState): InstanceRequest['fixedPorts'] {
  return record.publicPort === null ? {} : { http: record.publicPort };
}
