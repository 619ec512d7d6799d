/** The lines of a build's log as they come. */
import type { FollowBuildSubscription } from '../../generated/operations.ts';

export type BuildItem = FollowBuildSubscription['build'];
export type Build = BuildItem['build'];

export interface BuildLog {
  readonly build: Build;
  /** Oldest first; those before are too many to be kept. */
  readonly lines: readonly string[];
  /** How many came before {@link lines}. */
  readonly dropped: number;
}

/** So many are kept of one build. */
export const MOST_LINES = 10_000;

/**
 * @param isBegunAgain the subscription was begun again: it tells the whole log once more
 * @returns the log after an item
 */
export function appended(log: BuildLog | undefined, { build, lines }: BuildItem, isBegunAgain: boolean): BuildLog {
  // A build that is run again begins its log anew.
  const isAnew = log === undefined || isBegunAgain || log.build.startedAt !== build.startedAt;
  const all = isAnew ? lines : [...log.lines, ...lines];
  const excess = Math.max(0, all.length - MOST_LINES);
  return { build, lines: all.slice(excess), dropped: (isAnew ? 0 : log.dropped) + excess };
}
