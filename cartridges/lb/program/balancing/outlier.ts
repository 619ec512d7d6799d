/**
 * Whether an instance answers much worse than the others behind the same alias. Pure; time is an argument, in seconds.
 *
 * Judged by comparison only: what fails everywhere (a broken release, a database that is away, one poisonous path) is nobody's
 * fault in particular, and taking instances out would only add to the load of the others.
 */
import type { Trust } from './ejection.ts';

/** Answers are remembered for one to two of these. */
const PERIOD_SECONDS = 5;
/** Fewer bad answers than this say nothing. */
const LEAST_BAD = 5;
const BAD_SHARE = 0.5;
/** The others must do better by this factor. */
const BETTER = 2;

export interface Tally {
  readonly total: number;
  /** Status 5xx, or no complete answer. */
  readonly bad: number;
}

/** How one instance answered lately. */
export class Outcomes {
  #began = Number.NEGATIVE_INFINITY;
  #current = { total: 0, bad: 0 };
  #before = { total: 0, bad: 0 };

  add(isBad: boolean, now: number): void {
    this.#turn(now);
    this.#current.total++;
    if (isBad) this.#current.bad++;
  }

  read(now: number): Tally {
    this.#turn(now);
    return { total: this.#current.total + this.#before.total, bad: this.#current.bad + this.#before.bad };
  }

  /** What was before an ejection is not held against the instance again. */
  forget(): void {
    this.#current = { total: 0, bad: 0 };
    this.#before = { total: 0, bad: 0 };
  }

  #turn(now: number): void {
    const elapsed = now - this.#began;
    if (elapsed < PERIOD_SECONDS) return;
    this.#before = elapsed < 2 * PERIOD_SECONDS ? this.#current : { total: 0, bad: 0 };
    this.#current = { total: 0, bad: 0 };
    this.#began = now;
  }
}

export function isOutlier(own: Tally, others: Tally): boolean {
  if (own.bad < LEAST_BAD || others.total < LEAST_BAD) return false;
  const share = own.bad / own.total;
  return share >= BAD_SHARE && others.bad / others.total <= share / BETTER;
}

/** Whether one more may go by judgement: at most half of the active members are out at any time. */
export function mayEjectOneMore(
  members: Iterable<{ readonly state: 'active' | 'draining'; readonly trust: Trust }>,
): boolean {
  let active = 0;
  let out = 0;
  for (const { state, trust } of members) {
    if (state !== 'active') continue;
    active++;
    if (trust.kind === 'ejected') out++;
  }
  return out + 1 <= active / 2;
}
