/** Applications' logs: what their instances wrote, in one order an application, kept for a while. */
import type { FeedItem, LogLine } from '../use-cases.ts';

/** Whose log: an application record is one. */
export interface LogOwner {
  readonly tenant: string;
  readonly name: string;
}

export type NewLogLine = Omit<LogLine, 'sequence'>;

export interface LogFilter {
  readonly alias?: string;
  readonly instance?: string;
}

export interface ApplicationLogs {
  /**
   * Takes lines without making the caller wait and gives them their sequence. What the bounded queue cannot take is dropped
   * and counted: the sequence then has a gap.
   */
  append(application: LogOwner, lines: readonly NewLogLine[]): void;
  /**
   * Lines in order: with `after`, the first `limit` above that sequence; else the newest `last` (at most `limit`). Lines
   * appended before the call are seen. A jump of the sequence is a gap.
   */
  read(
    application: LogOwner,
    options: LogFilter & { readonly after?: number; readonly last?: number; readonly limit: number },
  ): Promise<LogLine[]>;
  /**
   * Lines above `after` (null: those that come from now on) as they come, until `signal` aborts. Reads at the reader's pace;
   * what was dropped, or removed before it was read, is a gap.
   */
  follow(
    application: LogOwner,
    options: LogFilter & { readonly after: number | null },
    signal: AbortSignal,
  ): AsyncIterable<FeedItem<LogLine>>;
  /** Removes the log of an application that is gone. */
  remove(application: LogOwner): Promise<void>;
}
