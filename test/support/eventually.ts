/** Waiting for a condition instead of sleeping. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until `condition` answers something other than `undefined` and `false`, and returns that. An error thrown by it
 * counts as "not yet". Throws with what was waited for, and the last error, when the limit is over.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMilliseconds = 5000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + limitMilliseconds;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${limitMilliseconds} ms in vain: ${what}`, { cause: last });
    }
    await delay(10);
  }
}
