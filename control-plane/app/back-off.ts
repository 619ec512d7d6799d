/** Waiting longer after each failure, by chance, so that many who failed together do not come back together. */
import type { Clock } from './ports/clock.ts';

export interface BackOff {
  readonly baseMilliseconds: number;
  readonly capMilliseconds: number;
}

/**
 * Full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): 0 to base × 2^failures, never more
 * than the cap.
 *
 * @param failures before this one
 * @param random in [0, 1)
 */
export function fullJitter(failures: number, random: number, { baseMilliseconds, capMilliseconds }: BackOff): number {
  return random * Math.min(capMilliseconds, baseMilliseconds * 2 ** Math.min(failures, 30));
}

/** Resolves after the time; rejects with the signal's reason as soon as it aborts. */
export async function pause(
  clock: Pick<Clock, 'setTimeout'>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
  signal.throwIfAborted();
}
