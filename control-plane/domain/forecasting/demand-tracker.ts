/**
 * Turns the reports of one load balancer, as they arrive, into intervals for each service cluster behind it.
 *
 * Knows the last report and the sessions before. Duplicates, reports that come late and reports of an ended session change
 * nothing: the cumulative counters of the newest report already hold what they would have said.
 */
import type { DemandReport, TargetDemand } from '../../../schema/mqtt/demand.ts';
import { demandDelta, type DemandInterval, type DemandPoint } from './demand-delta.ts';

/** A session's first report counts from the session's beginning when that is no longer ago; its mean says nothing otherwise. */
const LONGEST_INTERVAL_SECONDS = 60;
const REMEMBERED_SESSIONS = 8;
const REMEMBERED_TARGETS = 256;

interface TrackedInterval {
  readonly alias: string;
  readonly interval: DemandInterval;
}

export interface TrackedDemand {
  readonly intervals: readonly TrackedInterval[];
  /** Why all or part of the report was not used, by reason code; for counting. */
  readonly ignored: readonly ('duplicate' | 'old-session' | 'counter-back' | 'too-long')[];
}

type Ignored = TrackedDemand['ignored'][number];
interface Last {
  readonly session: string;
  readonly sequence: number;
  readonly at: number;
  readonly uptimeSeconds: number;
  readonly targets: ReadonlyMap<string, DemandPoint & { readonly target: TargetDemand }>;
}

export class DemandTracker {
  #last: Last | undefined;
  #endedSessions: string[] = [];

  /** `receivedAt` in milliseconds since the epoch, by the control plane's clock. */
  accept(report: DemandReport, receivedAt: number): TrackedDemand {
    const last = this.#last;
    if (this.#endedSessions.includes(report.session)) return { intervals: [], ignored: ['old-session'] };
    const sameSession = last?.session === report.session;
    if (sameSession && report.sequence <= last.sequence) return { intervals: [], ignored: ['duplicate'] };
    if (last !== undefined && !sameSession)
      this.#endedSessions = [...this.#endedSessions, last.session].slice(-REMEMBERED_SESSIONS);
    const at = receivedAt - report.ageMilliseconds;
    const previous = sameSession ? last : undefined;
    const { uptimeSeconds } = report;
    const points = Object.entries(report.targets).map(
      ([alias, target]) => [alias, { at, uptimeSeconds, target }] as const,
    );
    this.#last = {
      session: report.session,
      sequence: report.sequence,
      at,
      uptimeSeconds,
      // A target that is left out for a while keeps its counters, so that its return is no jump from zero.
      targets: new Map([...(previous?.targets ?? []), ...points].slice(-REMEMBERED_TARGETS)),
    };
    const intervals: TrackedInterval[] = [];
    const ignored: Ignored[] = [];
    for (const [alias, point] of points) {
      const delta = demandDelta(before(previous, alias, point), point);
      if (delta.kind === 'counter-back') ignored.push('counter-back');
      else if (delta.kind === 'no-time') ignored.push('duplicate');
      else if (delta.interval.to - delta.interval.from > LONGEST_INTERVAL_SECONDS * 1000) ignored.push('too-long');
      else intervals.push({ alias, interval: delta.interval });
    }
    return { intervals, ignored };
  }
}

/** What is known from before: of the target, else of the session without it, else the session's beginning. */
function before(previous: Last | undefined, alias: string, { at, uptimeSeconds }: DemandPoint): DemandPoint {
  if (previous === undefined) return { at: at - uptimeSeconds * 1000, uptimeSeconds: 0, target: undefined };
  const known = previous.targets.get(alias);
  return known ?? { at: previous.at, uptimeSeconds: previous.uptimeSeconds, target: undefined };
}
