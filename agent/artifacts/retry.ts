/** Several addresses in turn, several rounds, growing pauses in between; longer where nobody is there to answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { exponential } from '../back-off.ts';
import { Fault } from '../lifecycle/faults.ts';
import { HttpError } from './http.ts';

const ROUNDS = 5;
const BASE_MILLISECONDS = 200;
const CAP_MILLISECONDS = 5000;
/** A control plane that is started anew, or hands over to another, is back by then. */
const AWAY_MILLISECONDS = 60_000;

/** Connections that were refused, broke, or never came about. */
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);
/** Too many requests, and what is said by or instead of a server that is not there yet, or not any more. */
const AWAY_STATUSES = new Set([429, 502, 503, 504]);

export interface Persistence {
  /** Rounds in which somebody answered. */
  readonly rounds?: number;
  /** How long it is tried while nobody answers at any address. */
  readonly awayMilliseconds?: number;
}

/**
 * Tries each address in turn until one succeeds. A {@link Fault} of kind `fatal` ends it at once (the disk is full: no other
 * address helps). That nobody is there says nothing about what is asked for: such rounds are not counted, but limited in time.
 * Rejects with the last error, or with the signal's reason when aborted.
 */
export async function tryInTurn<T>(
  urls: readonly string[],
  signal: AbortSignal,
  attempt: (url: string) => Promise<T>,
  { rounds = ROUNDS, awayMilliseconds = AWAY_MILLISECONDS }: Persistence = {},
): Promise<T> {
  const awayUntil = performance.now() + awayMilliseconds;
  let answered = 0;
  for (let round = 0; ; round += 1) {
    if (round > 0) await delay(exponential(round - 1, BASE_MILLISECONDS, CAP_MILLISECONDS), undefined, { signal });
    let areAllAway = true;
    let last: unknown;
    for (const url of urls) {
      signal.throwIfAborted();
      try {
        return await attempt(url);
      } catch (error) {
        if (signal.aborted || isFatal(error)) throw error;
        areAllAway &&= isAway(error);
        last = error;
      }
    }
    if (!areAllAway) answered += 1;
    if (answered >= rounds || (areAllAway && performance.now() >= awayUntil)) throw last;
  }
}

function isFatal(error: unknown): boolean {
  return error instanceof Fault && (error.code === 'artifact-disk-full' || error.code === 'artifact-too-large');
}

function isAway(error: unknown): boolean {
  if (error instanceof Fault) return error.code.endsWith('-fetch-failed') && isAway(error.cause);
  if (error instanceof HttpError) return AWAY_STATUSES.has(error.status);
  return AWAY_CODES.has((error as NodeJS.ErrnoException).code ?? '');
}
