/** How long a build in a host cluster is waited for. Pure: its agent keeps its limit, and what keeps it from beginning or from being seen may pass. */
import type { ObservedTask } from '../../../app/ports/tasks.ts';

/** Whatever keeps a build from beginning may pass by then. */
const STUCK_MILLISECONDS = 120_000;
/** Beyond its limit, which its agent keeps. */
const LATE_MILLISECONDS = 60_000;
/** A host cluster that does not answer may by then, and what the build prints may come all the same. */
export const AWAY_MILLISECONDS = 180_000;
/** For its Job to end that was asked to. */
const STOP_MILLISECONDS = 75_000;

export interface Glance {
  /** `undefined`: nobody can say. */
  readonly task: Pick<ObservedTask, 'isBegun' | 'problem'> | undefined;
  /** Its host cluster does not answer, so that what is seen may be old. */
  readonly isAway: boolean;
  /** It has printed something since the glance before. */
  readonly isHeard: boolean;
}

/** `stop`: it is to be ended; `away`: nobody knows what becomes of it; `stays`: it was to be ended and is still there. */
export type Verdict = 'wait' | 'stop' | 'away' | 'stays';

export class Patience {
  readonly #limitMilliseconds: number;
  #begunAt: number | undefined;
  #stuckAt: number | undefined;
  #awayAt: number | undefined;
  #stoppedAt: number | undefined;

  constructor(timeoutSeconds: number) {
    this.#limitMilliseconds = timeoutSeconds * 1000 + LATE_MILLISECONDS;
  }

  /** To be asked with each glance. @param now milliseconds that only grow */
  verdict(glance: Glance, now: number): Verdict {
    this.#note(glance, now);
    if (isPast(this.#awayAt, AWAY_MILLISECONDS, now)) return 'away';
    if (this.#stoppedAt !== undefined) return isPast(this.#stoppedAt, STOP_MILLISECONDS, now) ? 'stays' : 'wait';
    const isLate = isPast(this.#begunAt, this.#limitMilliseconds, now);
    if (!isLate && !isPast(this.#stuckAt, STUCK_MILLISECONDS, now)) return 'wait';
    this.#stoppedAt = now;
    return 'stop';
  }

  #note({ task, isAway, isHeard }: Glance, now: number): void {
    this.#awayAt = isAway && !isHeard ? (this.#awayAt ?? now) : undefined;
    if (task === undefined) return;
    if (task.isBegun) this.#begunAt ??= now;
    const isStuck = !task.isBegun && task.problem !== undefined;
    this.#stuckAt = isStuck ? (this.#stuckAt ?? now) : undefined;
  }
}

function isPast(since: number | undefined, milliseconds: number, now: number): boolean {
  return since !== undefined && now - since > milliseconds;
}
