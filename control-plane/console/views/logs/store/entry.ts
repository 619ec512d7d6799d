/** What the log of an application is made of, as this page keeps it. Times are milliseconds since the epoch. */

/** From the least severe to the most. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

export interface Line {
  readonly kind: 'line';
  /** Its place in the log, from 1. */
  readonly sequence: number;
  readonly at: number;
  readonly level: Level | null;
  readonly alias: string;
  /** Uid. */
  readonly instance: string;
  /** Number of the release that the instance ran; null: none, or not known. */
  readonly release: number | null;
  readonly stream: string;
  readonly text: string;
}

/** Lines that are missing in this place. */
export interface Gap {
  readonly kind: 'gap';
  /** The last entry that it covers, and the last one before it. */
  readonly sequence: number;
  readonly after: number;
  readonly at: number | null;
  readonly alias: string | null;
  readonly instance: string | null;
  /** How many; null: not known. */
  readonly lines: number | null;
  /** A registered word. */
  readonly cause: string;
}

export type Entry = Line | Gap;
