/**
 * When each service cluster is looked at: at once when something marked it dirty (but never twice at the same time, nor more
 * often than every 100 ms), and once a second in any case. An event only marks; a pass looks at everything. One service
 * cluster's pass never delays another's.
 */
import type { Logger } from 'pino';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
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
  /** One pass; `decide` at most once a second. */
  readonly pass: (cluster: ClusterState, decide: boolean) => Promise<void>;
  readonly observeDuration: (seconds: number) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class ReconcileLoop {
  readonly #options: LoopOptions;
  readonly #dirty = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
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

  /** Stops and waits for the passes under way. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await Promise.all(this.#running.values());
  }

  #tick(): void {
    const now = this.#options.clock.now();
    for (const cluster of this.#options.fleet.clusters()) {
      const { uid } = cluster.record;
      if (this.#running.has(uid)) continue;
      const since = now - (this.#lastPass.get(cluster) ?? 0);
      const decide = isDecisionDue(now, cluster);
      const due = decide || (this.#dirty.has(uid) && since >= LEAST_GAP_MILLISECONDS);
      if (due) this.#run(cluster, decide, now);
    }
  }

  #run(cluster: ClusterState, decide: boolean, now: number): void {
    const { uid } = cluster.record;
    this.#dirty.delete(uid);
    this.#lastPass.set(cluster, now);
    if (decide) cluster.lastDecidedAt = now;
    const { clock } = this.#options;
    const started = clock.monotonic();
    const pass = cluster.serial
      .run(() => this.#options.pass(cluster, decide))
      .catch((error: unknown) =>
        this.#options.logger.error({ cluster: cluster.keyText, error }, 'a reconcile pass failed; it is tried again'),
      )
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
