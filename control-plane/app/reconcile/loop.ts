/**
 * When each service cluster is decided on, and looked at: decided once a second; looked at after each decision, and at once when
 * something marked it dirty (but never twice at the same time, nor more often than every 100 ms). An event only marks; a pass looks at
 * everything. One service cluster's pass never delays another's, nor its own next decision: a pass writes, and may wait for that.
 */
import type { Logger } from 'pino';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { sparingly } from '../sparingly.ts';
import type { Clock, Timer } from '../ports/clock.ts';

const TICK_MILLISECONDS = 50;
const LEAST_GAP_MILLISECONDS = 100;
/** At most one decision a second; a little less, so that reports that come once a second are each met. */
const DECISION_PERIOD_MILLISECONDS = 950;
/** A decision waits this long beyond the period for the load balancers' report of the second, to decide on it at once. */
const WAIT_FOR_REPORT_MILLISECONDS = 300;
const REPORTS_AT_LEAST_EVERY_MILLISECONDS = 3000;

export interface LoopOptions {
  readonly fleet: Fleet;
  /** Called at most once a second, beside the passes; waits for no write. */
  readonly decide: (cluster: ClusterState) => Promise<void>;
  /** One pass, in the service cluster's turn. */
  readonly pass: (cluster: ClusterState) => Promise<void>;
  readonly observeDuration: (seconds: number) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class ReconcileLoop {
  readonly #options: LoopOptions;
  readonly #dirty = new Set<string>();
  readonly #failures = new WeakMap<ClusterState, (error: unknown) => void>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #deciding = new Map<string, Promise<void>>();
  readonly #lastPass = new WeakMap<ClusterState, number>();
  #timer: Timer | null = null;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  markDirty(cluster: ClusterState): void {
    this.#dirty.add(cluster.record.uid);
  }

  /** Stops and waits for the decisions and passes under way. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await Promise.all(this.#deciding.values());
    await Promise.all(this.#running.values());
  }

  #tick(): void {
    const now = this.#options.clock.now();
    for (const cluster of this.#options.fleet.clusters()) {
      const { uid } = cluster.record;
      if (isDecisionDue(now, cluster) && !this.#deciding.has(uid)) this.#decide(cluster, now);
      else if (this.#dirty.has(uid) && now - (this.#lastPass.get(cluster) ?? 0) >= LEAST_GAP_MILLISECONDS)
        this.#pass(cluster);
    }
  }

  #decide(cluster: ClusterState, now: number): void {
    const { decide, logger } = this.#options;
    const { uid } = cluster.record;
    cluster.lastDecidedAt = now;
    const deciding = decide(cluster)
      .catch((error: unknown) =>
        logger.error({ cluster: cluster.keyText, error }, 'nothing could be decided; it is tried again'),
      )
      .then(() => {
        this.#deciding.delete(uid);
        if (this.#timer !== null) this.#pass(cluster);
      });
    this.#deciding.set(uid, deciding);
  }

  /** One at a time; what comes up meanwhile is looked at after it. */
  #passFailed(cluster: ClusterState, error: unknown): void {
    const { clock, logger } = this.#options;
    let tell = this.#failures.get(cluster);
    if (tell === undefined) {
      tell = sparingly(
        () => clock.monotonic(),
        (failure) =>
          logger.error({ cluster: cluster.keyText, error: failure }, 'a reconcile pass failed; it is tried again'),
      );
      this.#failures.set(cluster, tell);
    }
    tell(error);
  }

  #pass(cluster: ClusterState): void {
    const { uid } = cluster.record;
    if (this.#running.has(uid)) return this.markDirty(cluster);
    const { clock } = this.#options;
    this.#dirty.delete(uid);
    this.#lastPass.set(cluster, clock.now());
    const started = clock.monotonic();
    const pass = cluster.serial
      .run(() => this.#options.pass(cluster))
      .catch((error: unknown) => this.#passFailed(cluster, error))
      .finally(() => {
        this.#running.delete(uid);
        this.#options.observeDuration((clock.monotonic() - started) / 1000);
      });
    this.#running.set(uid, pass);
  }
}

/** Decisions follow the load balancers' reports: waiting for a clock tick of its own would cost half a second on average. */
export function isDecisionDue(
  now: number,
  { lastDecidedAt, demandAt }: Pick<ClusterState, 'lastDecidedAt' | 'demandAt'>,
): boolean {
  const since = now - lastDecidedAt;
  if (since < DECISION_PERIOD_MILLISECONDS) return false;
  const reports = now - demandAt < REPORTS_AT_LEAST_EVERY_MILLISECONDS;
  return !reports || demandAt > lastDecidedAt || since >= DECISION_PERIOD_MILLISECONDS + WAIT_FOR_REPORT_MILLISECONDS;
}
