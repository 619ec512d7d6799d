/**
 * How long the demand history is kept at which resolution: the newest past second by second, the rest ever coarser. A coarser
 * tier is made of the one before it, so that each is kept at least as long as the next one needs to be made.
 */

export interface Tier {
  readonly name: '1s' | '10s' | '1m' | '1h';
  /** Seconds between two points. */
  readonly stepSeconds: number;
  /** Seconds that one block holds; blocks begin at multiples of it since the epoch. */
  readonly blockSeconds: number;
  readonly keepSeconds: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Finest first. Each step and block is a multiple of the one before. */
export const TIERS: readonly [Tier, ...Tier[]] = [
  { name: '1s', stepSeconds: 1, blockSeconds: 600, keepSeconds: HOUR },
  { name: '10s', stepSeconds: 10, blockSeconds: 2 * HOUR, keepSeconds: 14 * DAY },
  { name: '1m', stepSeconds: 60, blockSeconds: DAY, keepSeconds: 90 * DAY },
  // Thirteen months: a year can be compared with the one before.
  { name: '1h', stepSeconds: HOUR, blockSeconds: 30 * DAY, keepSeconds: 396 * DAY },
];

export function pointsOf(tier: Tier): number {
  return tier.blockSeconds / tier.stepSeconds;
}

/** First second of the block that a second lies in. */
export function blockStart(tier: Tier, second: number): number {
  return Math.floor(second / tier.blockSeconds) * tier.blockSeconds;
}

/** When a block that begins at `from` is not needed any more, in seconds since the epoch. */
export function expiryOf(tier: Tier, from: number): number {
  return from + tier.blockSeconds + tier.keepSeconds;
}

/**
 * The tier to answer a question with: the coarsest that still gives a point every `stepSeconds`, or the finest that is kept
 * back to `from`, whichever is coarser. Seconds since the epoch.
 */
export function tierFor(from: number, stepSeconds: number, now: number): Tier {
  const kept = TIERS.filter(({ keepSeconds }) => from >= now - keepSeconds);
  const fine = TIERS.findLast((tier) => tier.stepSeconds <= stepSeconds) ?? TIERS[0];
  return kept.find((tier) => tier.stepSeconds >= fine.stepSeconds) ?? TIERS.at(-1)!;
}
