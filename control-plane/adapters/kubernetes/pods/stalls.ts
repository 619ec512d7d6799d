/**
 * Deployments and StatefulSets that ask for pods, are refused nothing, and get none. Kubernetes' controllers can sleep on so: one that waits to see
 * a pod end, and has missed it while the API server was away, gives that up after five minutes (`ExpectationsTimeout` in
 * pkg/controller/controller_utils.go), but looks again only when something happens to what it makes pods for. So something is made to happen, once a
 * minute: a time is written on it, which the Deployment's controller hands on to its ReplicaSet. Until there is a pod, people are told.
 */
import type { Workload } from '../objects/workload.ts';
import { refusalOf } from './problem.ts';

/** Without any of the missing pods; a controller that has many to make shows some of them sooner. */
const PATIENCE_MILLISECONDS = 60_000;

export interface StallsOptions {
  /** Makes its controller look at it. Must not throw. */
  readonly callOn: (workload: Workload) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Undefined: a minute. */
  readonly patienceMilliseconds: number | undefined;
}

interface Stall {
  /** As it was seen last; it has had as many pods all the time. */
  workload: Workload;
  readonly since: number;
  /** For longer than one waits. */
  isOverdue: boolean;
  readonly timer: NodeJS.Timeout;
}

export class Stalls {
  readonly #options: StallsOptions;
  readonly #patience: number;
  readonly #short = new Map<string, Stall>();
  #isClosed = false;

  constructor(options: StallsOptions) {
    this.#options = options;
    this.#patience = options.patienceMilliseconds ?? PATIENCE_MILLISECONDS;
  }

  /** To be called with each state of a workload that is seen. */
  seen(workload: Workload): void {
    if (!isShort(workload) || this.#isClosed) return this.gone(workload);
    const known = this.#short.get(uidOf(workload));
    if (known !== undefined && podsOf(known.workload) === podsOf(workload)) {
      known.workload = workload;
      return;
    }
    this.gone(workload);
    const timer = setInterval(() => this.#due(stall), this.#patience);
    const stall: Stall = { workload, since: this.#options.now(), isOverdue: false, timer };
    this.#short.set(uidOf(workload), stall);
  }

  gone(workload: Workload): void {
    clearInterval(this.#short.get(uidOf(workload))?.timer);
    this.#short.delete(uidOf(workload));
  }

  /** Since when it gets none, in milliseconds since 1970; undefined: it gets them, or it is too early to say. */
  since(workload: Workload): number | undefined {
    const stall = this.#short.get(uidOf(workload));
    return stall?.isOverdue === true ? stall.since : undefined;
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#short.values()) clearInterval(timer);
    this.#short.clear();
  }

  #due(stall: Stall): void {
    stall.isOverdue = true;
    this.#options.callOn(stall.workload);
  }
}

function uidOf({ metadata }: Workload): string {
  return metadata?.uid ?? '';
}

function isShort(workload: Workload): boolean {
  const isLeaving = workload.metadata?.deletionTimestamp !== undefined;
  return !isLeaving && podsOf(workload) < (workload.spec?.replicas ?? 0) && refusalOf(workload) === undefined;
}

/** As its controller has counted them. */
function podsOf({ status }: Workload): number {
  return status?.replicas ?? 0;
}
