/** The life of an instance: what it was when, and how long it was up. Pure. */

/** A change of its lifecycle state or of whether it is reached. */
export interface LifecycleChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Lifecycle state from here on, or `unreachable` / `reachable`. */
  readonly to: string;
  /** Uid of what caused it: a decision, a roll-out, a release, a token. */
  readonly cause: string | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
}

export interface Lifecycle {
  readonly changes: readonly LifecycleChange[];
  /** Seconds in which it was active and reached. */
  readonly upSeconds: number;
  /** Seconds after it was active for the first time in which it was not, until it was terminated. */
  readonly downSeconds: number;
}

/** From its changes, oldest first, until `now` (milliseconds since the epoch). */
export function lifecycleOf(changes: readonly LifecycleChange[], now: number): Lifecycle {
  let isActive = false;
  let isReached = true;
  let hasBeenActive = false;
  let upMilliseconds = 0;
  let downMilliseconds = 0;
  let since = changes[0]?.at ?? now;
  for (const { at, to } of [...changes, { at: now, to: 'now' }]) {
    const passed = Math.max(0, at - since);
    since = Math.max(since, at);
    if (isActive && isReached) upMilliseconds += passed;
    else if (hasBeenActive) downMilliseconds += passed;
    if (to === 'unreachable') isReached = false;
    else if (to === 'reachable') isReached = true;
    else if (to === 'terminated') break;
    else isActive = to === 'active';
    hasBeenActive ||= isActive;
  }
  return { changes, upSeconds: upMilliseconds / 1000, downSeconds: downMilliseconds / 1000 };
}
