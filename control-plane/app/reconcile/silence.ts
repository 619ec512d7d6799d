/**
 * When silence is the platform's fault. Many that fall silent at once: hold, say so, replace nothing. An outage of the platform's own
 * (the broker away, this process stopped for a while): whoever was waited for is waited for anew from its end.
 */
import type { Logger } from 'pino';
import { LOCAL_HOST_CLUSTER } from '../../domain/placement/placement.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostPlaces } from '../placement/host-places.ts';
import { isLost, isPlatformAtFault, SILENT_AFTER_MILLISECONDS } from './health.ts';

/** Every service cluster asks each second; the host cluster's answer is the same for all of them. */
const JUDGE_EVERY_MILLISECONDS = 250;
const WAIT_ANEW_EVERY_MILLISECONDS = 1000;
/** Between two looks, which come several times a second; longer means that this process was stopped, or its clock set. */
const STOPPED_MILLISECONDS = 3000;

export interface SilenceOptions {
  readonly fleet: Pick<Fleet, 'clusters'>;
  readonly hosts: Pick<HostPlaces, 'isUnknown'>;
  readonly isConnected: () => boolean;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

export class Silence {
  readonly #options: SilenceOptions;
  #judgedAt = -Infinity;
  #lookedAt: { readonly now: number; readonly monotonic: number } | null = null;
  #waitedAt = -Infinity;
  /** Names of those at fault. */
  #hostClusters: ReadonlySet<string> = new Set();

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /**
   * Whether what is not heard of this service cluster is the platform's fault: the broker is away, or more than a third (and at
   * least three) of the instances of the service cluster, or of a whole host cluster that it has instances in, fell silent together.
   * What is on a host cluster that does not answer, either, is no riddle: that one is lost.
   */
  platformAtFault(cluster: ClusterState): boolean {
    this.look();
    const now = this.#options.clock.now();
    if (!this.#options.isConnected()) return true;
    const atFault = this.#hostClustersAtFault(now);
    return (
      [...cluster.instances.values()].some((one) => one.isLive && atFault.has(hostClusterOf(one))) ||
      fellSilent(this.#explicable([cluster]), now)
    );
  }

  /**
   * Notices that this process was stopped, or its clock set, and waits anew then. To be called before anything is concluded from a
   * time that has passed, and several times a second in any case.
   */
  look(): void {
    const { clock, logger } = this.#options;
    const looked = { now: clock.now(), monotonic: clock.monotonic() };
    const before = this.#lookedAt;
    this.#lookedAt = looked;
    if (!this.#options.isConnected()) this.#waitAnewAgain(looked.now);
    if (before === null) return;
    // The monotonic clock stands while a machine is suspended, the other one is set by people: neither alone would do.
    const passed = looked.monotonic - before.monotonic;
    const shown = looked.now - before.now;
    if (Math.max(passed, Math.abs(shown)) < STOPPED_MILLISECONDS) return;
    logger.warn(
      { passedMilliseconds: Math.round(passed), clockMilliseconds: shown },
      'this control plane was stopped for a while, or its clock was set: every agent gets its time to report again',
    );
    this.waitAnew();
  }

  /** Without a broker nobody can be heard, however long it lasts. */
  #waitAnewAgain(now: number): void {
    if (Math.abs(now - this.#waitedAt) < WAIT_ANEW_EVERY_MILLISECONDS) return;
    this.#waitedAt = now;
    this.waitAnew();
  }

  /**
   * The platform's own outage is over: from now on agents can be heard again.
   *
   * @param hostCluster the only one that was away; absent: all of it was
   */
  waitAnew(hostCluster?: string): void {
    const now = this.#options.clock.now();
    for (const cluster of this.#options.fleet.clusters()) {
      for (const instance of cluster.instances.values()) {
        if (hostCluster !== undefined && hostClusterOf(instance) !== hostCluster) continue;
        instance.awaitedSince = now;
        // A clock that went back: what was heard cannot have been heard later than now.
        instance.lastHeardAt = Math.min(instance.lastHeardAt, now);
        if (instance.switchedAt !== null) instance.switchedAt = now;
      }
    }
  }

  #hostClustersAtFault(now: number): ReadonlySet<string> {
    if (Math.abs(now - this.#judgedAt) < JUDGE_EVERY_MILLISECONDS) return this.#hostClusters;
    this.#judgedAt = now;
    const before = this.#hostClusters;
    const explicable = this.#explicable(this.#options.fleet.clusters());
    const names = new Set(explicable.map(hostClusterOf));
    this.#hostClusters = new Set(
      [...names].filter((name) =>
        fellSilent(
          explicable.filter((instance) => hostClusterOf(instance) === name),
          now,
        ),
      ),
    );
    this.#tell(before);
    return this.#hostClusters;
  }

  /** Those whose host cluster could tell of them. */
  #explicable(clusters: Iterable<ClusterState>): InstanceState[] {
    return [...clusters].flatMap((cluster) =>
      [...cluster.instances.values()].filter((instance) => !this.#options.hosts.isUnknown(instance)),
    );
  }

  #tell(before: ReadonlySet<string>): void {
    const { logger } = this.#options;
    for (const hostCluster of this.#hostClusters)
      if (!before.has(hostCluster))
        logger.warn(
          { hostCluster },
          'more than a third of all instances of a host cluster fell silent within 10 s: the platform is at fault (its network, its broker, a machine without CPU), so nothing that still runs is replaced, and nothing is scaled down',
        );
    for (const hostCluster of before)
      if (!this.#hostClusters.has(hostCluster))
        logger.info(
          { hostCluster },
          'the instances that fell silent together are heard of again, or few enough to be replaced',
        );
  }
}

function hostClusterOf({ record }: InstanceState): string {
  return record.placement?.hostCluster ?? LOCAL_HOST_CLUSTER;
}

function fellSilent(instances: readonly InstanceState[], now: number): boolean {
  const silent: number[] = [];
  let expected = 0;
  for (const { record, observed, silentSince } of instances) {
    // What the provider says is gone is no riddle.
    if (record.state === 'terminated' || record.state === 'faulty' || record.activeAt === null) continue;
    if (observed?.state === 'gone' || (observed !== null && isLost(observed))) continue;
    expected += 1;
    if (record.unreachable || now - silentSince >= SILENT_AFTER_MILLISECONDS) silent.push(silentSince);
  }
  return isPlatformAtFault(silent, expected);
}
