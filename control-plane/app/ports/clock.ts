/**
 * Time and chance as the app has them. The composition root gives those of the machine; a simulation gives its own, and a run
 * can be had again exactly.
 */

/** A task that is to come. */
export interface Timer {
  /** It does not come (any more). Idempotent. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. May go back, as a machine's clock does when it is set. */
  now(): number;
  /** Milliseconds that only grow, from any beginning: for durations. */
  monotonic(): number;
  /** Calls `task` once, no sooner than after `milliseconds`. */
  setTimeout(task: () => void, milliseconds: number): Timer;
  /** Calls `task` every `milliseconds` until it is cancelled. */
  setInterval(task: () => void, milliseconds: number): Timer;
}

/** A new uid (see schema/ids.ts), sortable by `now` in milliseconds since the epoch. */
export type NewUid = (now: number) => string;
