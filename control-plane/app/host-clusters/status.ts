/** What is known of a host cluster from the last tries to reach it. */
import type { HostClusterReading } from '../ports/host-clusters.ts';

interface HostClusterFailure {
  /** Stable. */
  readonly code: string;
  /** For a person. */
  readonly message: string;
  /** When it was met first, without a success since; milliseconds since the epoch. */
  readonly since: number;
}

/** Times are milliseconds since the epoch. */
export type HostClusterStatus =
  /** Nobody has tried yet. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'reachable';
      readonly since: number;
      readonly checkedAt: number;
      readonly latencyMilliseconds: number;
      readonly reading: HostClusterReading;
      /** That of the last try, which is not enough yet to take the cluster for unreachable. */
      readonly failure: HostClusterFailure | null;
    }
  | {
      readonly kind: 'unreachable';
      readonly since: number;
      readonly checkedAt: number;
      readonly failure: HostClusterFailure;
      /** The last one that there was. */
      readonly reading: HostClusterReading | null;
    };

/** One failure may be a packet that was lost. */
const FAILURES_THAT_COUNT = 2;

/** After a try that was answered. */
export function answered(
  before: HostClusterStatus,
  reading: HostClusterReading,
  { now, latencyMilliseconds }: { readonly now: number; readonly latencyMilliseconds: number },
): HostClusterStatus {
  const since = before.kind === 'reachable' ? before.since : now;
  return { kind: 'reachable', since, checkedAt: now, latencyMilliseconds, reading, failure: null };
}

/**
 * After one that was not.
 *
 * @param failures in a row, this one included
 */
export function failed(
  before: HostClusterStatus,
  { code, message }: { readonly code: string; readonly message: string },
  { now, failures }: { readonly now: number; readonly failures: number },
): HostClusterStatus {
  const last = before.kind === 'unknown' ? null : before.failure;
  const failure = { code, message, since: last?.since ?? now };
  if (before.kind === 'reachable' && failures < FAILURES_THAT_COUNT) return { ...before, checkedAt: now, failure };
  return {
    kind: 'unreachable',
    since: before.kind === 'unreachable' ? before.since : now,
    checkedAt: now,
    failure,
    reading: before.kind === 'unknown' ? null : before.reading,
  };
}
