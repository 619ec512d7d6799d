/** Applications' logs: what their instances wrote, in one order an application, kept for a while. */
import type { LogEntry, NewLogEntry } from '../../domain/logs/entry.ts';
import type { LogLevel } from '../../../schema/mqtt/log.ts';

/** Whose log: an application record is one. */
export interface LogOwner {
  readonly tenant: string;
  readonly name: string;
}

/** Which lines; all that is given must hold. Gaps match by alias and instance alone. */
export interface LogFilter {
  readonly alias?: string;
  /** Uid of an instance, or its end. */
  readonly instance?: string;
  readonly stream?: string;
  /** Number of the release that the instance ran, 1 or more; lines of which that is not known are left out. */
  readonly release?: number;
  /** Found anywhere in the line, upper and lower case being equal. */
  readonly text?: string;
  /** A regular expression in RE2's syntax, found anywhere in the line. */
  readonly pattern?: string;
  /** At least this severe; lines without a level are left out. */
  readonly level?: LogLevel;
  /** Milliseconds since the epoch: from `from` on, before `to`. */
  readonly from?: number;
  readonly to?: number;
}

export interface LogQuery {
  readonly filter: LogFilter;
  /** Most lines of a page, 1 or more. */
  readonly limit: number;
  /** Forward from behind a sequence, or backward from before one (`null`: from the end). */
  readonly range: { readonly after: number } | { readonly before: number | null };
}

export interface LogPage {
  /** Oldest first, also when the search went backward. */
  readonly entries: readonly LogEntry[];
  /** Where to go on; null when everything in this direction was looked at. */
  readonly next: LogQuery['range'] | null;
  /** Why it ended: nothing is left, there are enough lines, or what one request may cost was used up. */
  readonly stopped: 'end' | 'limit' | 'bytes' | 'time';
  readonly scannedBytes: number;
  /** The last line that was looked at; null when there was none. */
  readonly reached: { readonly sequence: number; readonly at: number } | null;
}

export interface ApplicationLogs {
  /**
   * Takes entries without making the caller wait and gives them their sequence. Where the bounded queue, the disk or its
   * free space cannot take lines, a gap with their number takes their place.
   */
  append(application: LogOwner, entries: readonly NewLogEntry[]): void;
  /**
   * One page. Bounded in time and bytes whatever is asked for; never holds the event loop. Entries appended before the call
   * are seen. Throws `RequestError` INVALID for a pattern that is none, LOG_SEARCH_BUSY when too many wait.
   */
  search(application: LogOwner, query: LogQuery): Promise<LogPage>;
  /**
   * Entries above `after` (null: those that come from now on) as they come, until `signal` aborts. Reads at the reader's
   * pace and at most one piece ahead; what is removed before it was read is a gap.
   */
  follow(
    application: LogOwner,
    options: { readonly filter: LogFilter; readonly after: number | null },
    signal: AbortSignal,
  ): AsyncIterable<LogEntry>;
  /** The sequence of the newest entry; 0 when there is none. */
  newest(application: LogOwner): Promise<number>;
  /** What a tenant's logs take together, in bytes. */
  bytes(tenant: string): Promise<number>;
  /** Removes the log of an application that is gone. */
  remove(application: LogOwner): Promise<void>;
}
