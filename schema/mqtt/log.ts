/** `<instance>/log`: lines of the application and of hooks in batches, rate-capped by the agent. QoS 0, not retained. */
import * as z from 'zod';
import { count, id, nonNegative, parserOf, version } from './payload.ts';

/** Longest line carried; longer ones are cut by the agent and end with an ellipsis. */
export const MAX_LINE_CHARACTERS = 8192;

const logReport = z.object({
  v: version,
  session: id,
  sequence: count,
  lines: z
    .array(
      z.object({
        /** `stdout`, `stderr` or `hook-<name>`. */ stream: id,
        ageMilliseconds: nonNegative,
        text: z.string().max(MAX_LINE_CHARACTERS),
      }),
    )
    .max(500),
  /** Lines dropped in this session so far, cumulative. */
  dropped: count,
});
export type LogReport = z.infer<typeof logReport>;

export const parseLog = parserOf<LogReport>(logReport);
