/** Waiting that ends with a signal and leaves nothing behind. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the signal is aborted. @param until ends the listening, so that a long-lived signal collects none. */
export function aborted(signal: AbortSignal, until?: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, ...(until ? { signal: until } : {}) });
  });
}

/** Resolves after the time, or as soon as the signal is aborted. */
export async function pauseOrStop(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
