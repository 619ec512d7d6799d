/** The guard of drains. */
import { DrainError } from '../../app/ports/drains.ts';
import { NetworkGuard, type Resolve } from '../network/guard.ts';

/** @param allowed hosts, as drains' URLs name them, that may be of any network */
export function drainGuard(allowed: readonly string[], resolve?: Resolve): NetworkGuard {
  const failure = (kind: 'not-allowed' | 'unreachable', message: string, cause?: unknown): DrainError =>
    new DrainError(
      kind === 'not-allowed' ? 'DRAIN_HOST_NOT_ALLOWED' : 'DRAIN_UNREACHABLE',
      message,
      cause === undefined ? {} : { cause },
    );
  return new NetworkGuard({ allowed, setting: 'CARTWRIGHT_DRAIN_HOSTS', failure }, resolve);
}
