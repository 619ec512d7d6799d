/** Whole seconds in a ring: what every series of the windows is made of. */

/** Seconds that are kept: the longest window (120 s) and a little more. A power of two. */
export const RING_SECONDS = 128;

/** The place of a second in a ring. */
export function slotOf(second: number): number {
  return second & (RING_SECONDS - 1);
}

export function secondOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
