/** `<instance>/log`: lines of the application, of hooks and of the agent in batches, rate-capped. QoS 0, not retained. */
import * as z from 'zod';
import { count, id, nonNegative, parserOf, version } from './payload.ts';

/** Longest line carried; longer ones are cut by the agent and end with an ellipsis. */
export const MAX_LINE_CHARACTERS = 8192;
/** Most lines of one message, and most gaps. */
export const MAX_LINES = 500;

/** From the least to the most severe. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const logReport = z.object({
  v: version,
  session: id,
  sequence: count,
  lines: z
    .array(
      z.object({
        /** `stdout`, `stderr`, `hook-<name>`, the name of a declared file, or `agent` for the agent's own lines. */
        stream: id,
        ageMilliseconds: nonNegative,
        text: z.string().max(MAX_LINE_CHARACTERS),
        /** Where the writer knows it; otherwise it is read from the text. */
        level: z.enum(LOG_LEVELS).optional().catch(undefined),
      }),
    )
    .max(MAX_LINES),
  /** Dropped lines that this message and those before it in the session tell of, cumulative; those of `gaps` included. */
  dropped: count,
  /** Lines that messages of this session carried before this one: tells how many were lost on the way. */
  offset: count.optional(),
  /** Where the lines dropped since the last message are missing. */
  gaps: z
    .array(
      z.object({
        /** Index in `lines` before which they are missing; `lines.length`: behind the last. */
        before: z.int().min(0).max(MAX_LINES),
        lines: z.int().min(1),
        /** `rate-limit`, `broker-away`, …; a registered word. */
        cause: id,
      }),
    )
    .max(MAX_LINES)
    .optional(),
});
export type LogReport = z.infer<typeof logReport>;

export const parseLog = parserOf<LogReport>(logReport);
