/** When many instances fall silent at once it is the platform's fault: hold, say so, replace nothing. */
import type { Logger } from 'pino';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { isPlatformAtFault, SILENT_AFTER_MILLISECONDS } from './health.ts';

/** Every service cluster asks each second; the host cluster's answer is the same for all of them. */
const JUDGE_EVERY_MILLISECONDS = 250;

export interface SilenceOptions {
  readonly fleet: Pick<Fleet, 'clusters'>;
  readonly isConnected: () => boolean;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly now: () => number;
}

export class Silence {
  readonly #options: SilenceOptions;
  #judgedAt = -Infinity;
  #hostCluster = false;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /**
   * Whether what is not heard of this service cluster is the platform's fault: the broker is away, or more than a third (and at
   * least three) of the instances of the service cluster, or of the whole host cluster, fell silent together.
   */
  platformAtFault(cluster: ClusterState): boolean {
    const now = this.#options.now();
    return !this.#options.isConnected() || this.#hostClusterAtFault(now) || fellSilent([cluster], now);
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
  const silentSince: number[] = [];
  let expected = 0;
  for (const cluster of clusters) {
    for (const { record, observed, lastHeardAt } of cluster.instances.values()) {
      // What the provider says is gone is no riddle.
      if (record.state === 'terminated' || record.state === 'faulty' || record.activeAt === null) continue;
      if (observed?.state === 'gone') continue;
      expected += 1;
      if (record.unreachable || now - lastHeardAt >= SILENT_AFTER_MILLISECONDS) silentSince.push(lastHeardAt);
    }
  }
  return isPlatformAtFault(silentSince, expected);
}
