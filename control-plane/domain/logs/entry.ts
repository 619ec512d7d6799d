/** What an application's log is made of: lines, and the places where lines are missing. */
import type { LogLevel } from '../../../schema/mqtt/log.ts';

/** One line of an application's log. */
export interface LogLine {
  readonly kind: 'line';
  /** Position in the application's log; increases. */
  readonly sequence: number;
  /** When it was written, by the control plane's clock; milliseconds since the epoch. */
  readonly at: number;
  /** Null where neither the writer nor the text says one. */
  readonly level: LogLevel | null;
  readonly alias: string;
  /** Uid of the instance. */
  readonly instance: string;
  /** Number of the release that the instance ran then; null: it ran none yet, or that is not known. */
  readonly release: number | null;
  readonly stream: string;
  readonly text: string;
}

/** Lines that are missing between two others. */
export interface LogGap {
  readonly kind: 'gap';
  /** Sequence before the gap, and the last one that it covers. */
  readonly after: number;
  readonly sequence: number;
  /** When it was noticed; null: when is not known. */
  readonly at: number | null;
  /** Whose lines; null: not known, or several instances'. */
  readonly alias: string | null;
  readonly instance: string | null;
  /** How many; null: not known. */
  readonly lines: number | null;
  readonly cause: GapCause;
}

export type LogEntry = LogLine | LogGap;

/** An entry before it has its place in the log. */
export type NewLogLine = Omit<LogLine, 'sequence'>;
export type NewLogGap = Omit<LogGap, 'after' | 'sequence'>;
export type NewLogEntry = NewLogLine | NewLogGap;

/** Why lines are missing: a registered word (docs/logs.md says what each means). Another one that an agent gives is passed on. */
export type GapCause = AgentCause | OnTheWayCause | KeepingCause | (string & {});
type AgentCause = 'rate-limit' | 'broker-away' | 'agent';
type OnTheWayCause = 'transit' | 'control-plane-away';
type KeepingCause = 'tenant-limit' | 'queue-full' | 'write-failed' | 'disk-low' | 'power-lost' | 'removed';

/** The sum of two counts of lines of which either may be unknown. */
export function addLines(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
