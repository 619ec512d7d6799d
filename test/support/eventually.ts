/** Waiting for a condition instead of sleeping. */
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds. Slower than what the platform lets one token ask (50 requests a second), however fast it answers. */
const SHORTEST_PAUSE = 25;
const LONGEST_PAUSE = 200;
/** What costs much to ask is asked less often: who waits shall not take the processor from what is waited for. */
const PAUSE_FACTOR = 10;

/**
 * Asks until `condition` answers something other than `undefined` and `false`, and returns that. An error thrown by it
 * counts as "not yet". Throws with what was waited for, and the last error, when the limit is over.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMilliseconds = 20_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + limitMilliseconds;
  let last: unknown;
  for (;;) {
    const asked = performance.now();
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    const now = performance.now();
    if (now > deadline) {
      throw new Error(`waited ${limitMilliseconds} ms in vain: ${what}`, { cause: last });
    }
    await delay(Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, PAUSE_FACTOR * (now - asked))));
  }
}
