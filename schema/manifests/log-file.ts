/** `logs`: files that an application writes itself, followed like its standard output. */
import * as z from 'zod';
import { name } from './envelope.ts';

/** Streams that are no files; `hook-…` are the hooks'. */
const RESERVED = ['stdout', 'stderr', 'agent', 'platform'];

const logFile = z.strictObject({
  name: name
    .refine(
      (stream) => !RESERVED.includes(stream) && !stream.startsWith('hook-'),
      `expected another name than ${RESERVED.join(', ')} and hook-…, which are the platform's`,
    )
    .describe('What the stream is called in the log.'),
  path: z
    .string()
    .max(500)
    .regex(
      /^(?![/\\])(?!.*(^|\/)\.{1,2}(\/|$))[^\p{Cc}]+(?<!\/)$/u,
      'expected the path of a file inside its folder, without . and .. and not absolute',
    )
    .describe('Path of the file, relative to its folder.'),
  in: z
    .enum(['application', 'home'])
    .default('application')
    .describe('The folder: the application’s working directory, or its HOME, which outlives a release.'),
});
export type LogFile = z.infer<typeof logFile>;

export const logFiles = z.array(logFile).max(16);
