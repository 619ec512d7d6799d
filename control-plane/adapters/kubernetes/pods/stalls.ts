/**
 * Deployments and StatefulSets that ask for pods, are refused nothing, and get none. Kubernetes' controllers can sleep on so: one that waits to see
 * a pod end, and has missed it while the API server was away, gives that up after five minutes (`ExpectationsTimeout` in
 * pkg/controller/controller_utils.go), but looks again only when something happens to what it makes pods for. So something is made to happen then,
 * and once a minute: a time is written on it, which the Deployment's controller hands on to its ReplicaSet. Before that it may have much to do, and more
 * would be no help. People are told after a minute.
 */
import type { Workload } from '../objects/workload.ts';
import { refusalOf } from './problem.ts';

/** Without any of the missing pods. */
const PATIENCE_MILLISECONDS = 60_000;
/** So many times as long, and nothing but a change helps. */
const CALLED_ON_AFTER = 5;

export interface StallsOptions {
  /** It has got none for so long that people are to be told. Must not throw. */
  readonly onOverdue: (workload: Workload) => void;
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
  /** How many times as long as one waits it has lasted. */
  waits: number;
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
    const stall: Stall = { workload, since: this.#options.now(), waits: 0, timer };
    this.#short.set(uidOf(workload), stall);
  }

  gone(workload: Workload): void {
    clearInterval(this.#short.get(uidOf(workload))?.timer);
    this.#short.delete(uidOf(workload));
  }

  /** Since when it gets none, in milliseconds since 1970; undefined: it gets them, or it is too early to say. */
  since(workload: Workload): number | undefined {
    const stall = this.#short.get(uidOf(workload));
    return stall === undefined || stall.waits === 0 ? undefined : stall.since;
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#short.values()) clearInterval(timer);
    this.#short.clear();
  }

  #due(stall: Stall): void {
    stall.waits += 1;
    if (stall.waits === 1) this.#options.onOverdue(stall.workload);
    if (stall.waits >= CALLED_ON_AFTER) this.#options.callOn(stall.workload);
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
