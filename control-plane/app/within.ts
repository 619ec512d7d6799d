/** Waiting for an answer, but not for ever. */
import type { Clock } from './ports/clock.ts';

/** What `work` resolves with; `undefined` when it takes longer. It goes on then, and what comes of it is not looked at. */
export async function within<T>(
  clock: Pick<Clock, 'setTimeout'>,
  milliseconds: number,
  work: Promise<T>,
): Promise<T | undefined> {
  let tooLate = (): void => undefined;
  const limit = new Promise<undefined>((resolve) => (tooLate = () => resolve(undefined)));
  const timer = clock.setTimeout(tooLate, milliseconds);
  try {
    return await Promise.race([work, limit]);
  } finally {
    timer.cancel();
  }
}
