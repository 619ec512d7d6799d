/** Waiting with a limit, on the monotonic clock. */
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable } from '../../app/errors.ts';

const FIRST_PAUSE_MILLISECONDS = 10;
const LONGEST_PAUSE_MILLISECONDS = 200;

/** Tries `work` again while it fails with what `isTransient` accepts, with growing pauses, for at most `patienceMilliseconds`. */
export async function patiently<T>(
  patienceMilliseconds: number,
  isTransient: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + patienceMilliseconds;
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || performance.now() >= deadline) throw error;
    }
    await delay(pause);
  }
}

/** Rejects with `StoreUnavailable` TRANSACTION_TIMED_OUT when `work` takes longer; it cannot be stopped, only left. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const limit = delay(milliseconds, undefined, { signal: over.signal }).then(() => {
    throw new StoreUnavailable(
      'TRANSACTION_TIMED_OUT',
      `a transaction's work took longer than ${milliseconds / 1000} s and was rolled back; it must wait for nothing but its own repositories`,
    );
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    over.abort();
  }
}
