/** What the control plane knows of a running instance: its record, what the provider sees, what its agent says. */
import type { ArtifactReport } from '../../../schema/mqtt/artifact.ts';
import { DemandTracker } from '../../domain/forecasting/demand-tracker.ts';
import type { InstanceRecord } from '../records/instances.ts';
import type { ObservedInstance } from '../ports/provider.ts';

/** The last sample, for display; decisions read the windows. */
export interface LastSample {
  readonly session: string;
  readonly at: number;
  readonly gauges: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  /** What counters grew by a second before it; without those of which that is not known. */
  readonly rates: Readonly<Record<string, number>>;
  /** How much its clock was ahead, less the time that the quickest of its last messages took; null: its agent does not tell. */
  readonly clockSkewSeconds: number | null;
  /** What its last messages said of that, each less the time that it took; the newest last. */
  readonly clockHeard: readonly number[];
}

/** The release that an instance ran before its present one. */
interface FormerRelease {
  /** Uid; null: it ran none. */
  readonly release: string | null;
  /** When the next one was heard of, in milliseconds since the epoch. */
  readonly until: number;
}

/** A topology that a load balancer has applied. */
export interface AppliedTopology {
  readonly uid: string;
  readonly epoch: number;
  readonly generation: number;
}

/** What has come of the log of an agent's session. */
export interface LogProgress {
  readonly session: string;
  readonly sequence: number;
  /** Lines that the session had sent with its last report, and lines that it had dropped. */
  readonly lines: number;
  readonly dropped: number;
}

export class InstanceState {
  record: InstanceRecord;
  /** Null until the provider has been asked, or when it does not know the instance. */
  observed: ObservedInstance | null = null;
  /** The agent's current session; a will of another session is ignored. */
  session: string | null = null;
  endedSessions: readonly string[] = [];
  statusSequence = 0;
  statsSequence = 0;
  restarts = 0;
  /** Null before the first report to this control plane. */
  agentVersion: string | null = null;
  /** Failures of hooks that its agent has told of in this session; null until its first report to this control plane. */
  hookFailures: number | null = null;
  /** Whether a birth of the current session has come since the control plane started. */
  connected = false;
  /** Its loss is recorded. */
  isLostTold = false;
  /** When the agent was last heard of (any message), or when this control plane began to wait for its first word. */
  lastHeardAt: number;
  /** When waiting for it began anew: at the end of an outage of the platform's own. Its silence counts from then at the earliest. */
  awaitedSince: number;
  /** When the lifecycle state last changed, as far as this control plane has seen. */
  stateSince: number;
  /** When it was told to switch to the candidate release of the running roll-out. */
  switchedAt: number | null = null;
  lastSample: LastSample | null = null;
  artifact: ArtifactReport | null = null;
  /** Null while it has not changed its release before the eyes of this control plane. */
  formerRelease: FormerRelease | null = null;
  /** For load balancers: what they have applied, by alias. */
  readonly applied = new Map<string, AppliedTopology & { readonly at: number }>();
  /** For load balancers: turns their cumulative reports into intervals. */
  readonly demand = new DemandTracker();
  /** How far its log has come; null before the first report. */
  log: LogProgress | null = null;
  /** For load balancers: when the last demand report came. */
  demandAt = 0;
  /** For load balancers: in-flight requests by instance of their last report. */
  inFlightByInstance: ReadonlyMap<string, number> = new Map();

  constructor(record: InstanceRecord, now: number) {
    this.record = record;
    this.lastHeardAt = now;
    this.awaitedSince = now;
    this.stateSince = now;
  }

  get isLive(): boolean {
    return this.record.state !== 'terminated';
  }

  /** Since when it says nothing that it could have said, in milliseconds since the epoch. */
  get silentSince(): number {
    return Math.max(this.lastHeardAt, this.awaitedSince);
  }

  /** The release that the agent last said the application runs. */
  get runningRelease(): string | null {
    return this.artifact?.release ?? this.record.release;
  }

  /** The uid of the release that it ran then, as far back as the one before its present one; null: none. @param at milliseconds since the epoch */
  releaseAt(at: number): string | null {
    const former = this.formerRelease;
    return former !== null && at < former.until ? former.release : this.runningRelease;
  }
}
