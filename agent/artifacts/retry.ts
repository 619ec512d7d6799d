/** Several addresses in turn, several rounds, growing pauses in between. */
import { setTimeout as delay } from 'node:timers/promises';
import { exponential } from '../back-off.ts';
import { Fault } from '../lifecycle/faults.ts';

const ROUNDS = 5;
const BASE_MILLISECONDS = 200;
const CAP_MILLISECONDS = 5000;

/**
 * Tries each address in turn until one succeeds. A {@link Fault} of kind `fatal` ends it at once (the disk is full: no other
 * address helps). Rejects with the last error, or with the signal's reason when aborted.
 */
export async function tryInTurn<T>(
  urls: readonly string[],
  signal: AbortSignal,
  attempt: (url: string) => Promise<T>,
  rounds = ROUNDS,
): Promise<T> {
  let last: unknown;
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) await delay(exponential(round - 1, BASE_MILLISECONDS, CAP_MILLISECONDS), undefined, { signal });
    for (const url of urls) {
      signal.throwIfAborted();
      try {
        return await attempt(url);
      } catch (error) {
        if (signal.aborted || isFatal(error)) throw error;
        last = error;
      }
    }
  }
  throw last;
}

function isFatal(error: unknown): boolean {
  return error instanceof Fault && (error.code === 'artifact-disk-full' || error.code === 'artifact-too-large');
}
