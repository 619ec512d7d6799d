/** How long a page waits before it makes a lost connection again: exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015). */
const FIRST_MILLISECONDS = 250;
const LONGEST_MILLISECONDS = 8_000;

/** @param retries made already, 0 or more @param random uniform in [0, 1) @returns milliseconds, 50 to 8,000 */
export function retryMilliseconds(retries: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** Math.min(retries, 16));
  return Math.max(50, random() * ceiling);
}
