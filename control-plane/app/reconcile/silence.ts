/**
 * When silence is the platform's fault. Many that fall silent at once: hold, say so, replace nothing. An outage of the platform's own
 * (the broker away, this process stopped for a while): whoever was waited for is waited for anew from its end.
 */
import type { Logger } from 'pino';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock } from '../ports/clock.ts';
import { isPlatformAtFault, SILENT_AFTER_MILLISECONDS } from './health.ts';

/** Every service cluster asks each second; the host cluster's answer is the same for all of them. */
const JUDGE_EVERY_MILLISECONDS = 250;
const WAIT_ANEW_EVERY_MILLISECONDS = 1000;
/** Between two looks, which come several times a second; longer means that this process was stopped, or its clock set. */
const STOPPED_MILLISECONDS = 3000;

export interface SilenceOptions {
  readonly fleet: Pick<Fleet, 'clusters'>;
  readonly isConnected: () => boolean;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

export class Silence {
  readonly #options: SilenceOptions;
  #judgedAt = -Infinity;
  #lookedAt: { readonly now: number; readonly monotonic: number } | null = null;
  #waitedAt = -Infinity;
  #hostCluster = false;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /**
   * Whether what is not heard of this service cluster is the platform's fault: the broker is away, or more than a third (and at
   * least three) of the instances of the service cluster, or of the whole host cluster, fell silent together.
   */
  platformAtFault(cluster: ClusterState): boolean {
    this.look();
    const now = this.#options.clock.now();
    return !this.#options.isConnected() || this.#hostClusterAtFault(now) || fellSilent([cluster], now);
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

  /** The platform's own outage is over: from now on agents can be heard again. */
  waitAnew(): void {
    const now = this.#options.clock.now();
    for (const cluster of this.#options.fleet.clusters()) {
      for (const instance of cluster.instances.values()) {
        instance.awaitedSince = now;
        // A clock that went back: what was heard cannot have been heard later than now.
        instance.lastHeardAt = Math.min(instance.lastHeardAt, now);
        if (instance.switchedAt !== null) instance.switchedAt = now;
      }
    }
  }

  /** All instances are of one host cluster today: the machine. */
  #hostClusterAtFault(now: number): boolean {
    if (Math.abs(now - this.#judgedAt) < JUDGE_EVERY_MILLISECONDS) return this.#hostCluster;
    this.#judgedAt = now;
    const before = this.#hostCluster;
    this.#hostCluster = fellSilent(this.#options.fleet.clusters(), now);
    if (this.#hostCluster !== before) this.#tell();
    return this.#hostCluster;
  }

  #tell(): void {
    const { logger } = this.#options;
    if (this.#hostCluster)
      logger.warn(
        'more than a third of all instances fell silent within 10 s: the platform is at fault (its network, its broker, a machine without CPU), so nothing that still runs is replaced, and nothing is scaled down',
      );
    else logger.info('the instances that fell silent together are heard of again, or few enough to be replaced');
  }
}

function fellSilent(clusters: Iterable<ClusterState>, now: number): boolean {
  const silent: number[] = [];
  let expected = 0;
  for (const cluster of clusters) {
    for (const { record, observed, silentSince } of cluster.instances.values()) {
      // What the provider says is gone is no riddle.
      if (record.state === 'terminated' || record.state === 'faulty' || record.activeAt === null) continue;
      if (observed?.state === 'gone') continue;
      expected += 1;
      if (record.unreachable || now - silentSince >= SILENT_AFTER_MILLISECONDS) silent.push(silentSince);
    }
  }
  return isPlatformAtFault(silent, expected);
}
