/** Which release was live before the one that runs: what a rollback goes to that names none. Pure: from the roll-outs alone. */

export interface PastRollout {
  /** Null for the first of a service cluster. */
  readonly from: string | null;
  readonly to: string;
  readonly state: 'running' | 'returning' | 'succeeded' | 'returned';
}

/**
 * The releases below the present one, the nearest first, as they would be come back to one rollback after another. Each was live:
 * a roll-out brought it to every instance, or began from it. One that only waited, or whose roll-out was returned, is none.
 *
 * A release that is come back to lies where it lay before, and what had been put on it is gone: of 1, 2, 3, back to 1, then 4, the
 * one before 4 is 1.
 *
 * @param rollouts of one service cluster, the oldest first; the beginning of them may be missing
 */
export function releasesBefore(rollouts: readonly PastRollout[], stable: string | null): string[] {
  const live: string[] = [];
  const put = (release: string): void => {
    const at = live.indexOf(release);
    if (at < 0) live.push(release);
    else live.length = at + 1;
  };
  const failed = failedFirst(rollouts);
  for (const { from, to, state } of rollouts) {
    if (from !== null && !failed.has(from)) put(from);
    if (state !== 'succeeded') continue;
    failed.delete(to);
    put(to);
  }
  const at = stable === null ? -1 : live.indexOf(stable);
  return (at < 0 ? live : live.slice(0, at)).reverse();
}

/** The first release of all has nothing to return to: it is what instances start with although it never got ready. */
function failedFirst(rollouts: readonly PastRollout[]): Set<string> {
  return new Set(rollouts.flatMap(({ from, to, state }) => (from === null && state === 'returned' ? to : [])));
}
