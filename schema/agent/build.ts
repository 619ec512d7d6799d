/**
 * Builds in host clusters: the cartridge's hook `build`, run once in a pod from the cartridge's image on a source that is fetched, its result brought back.
 * A build is handed to an agent as an instance is; it reports as a one-off task does (./task.ts), below {@link BUILD_PATH}.
 *
 * - `GET build/source`: the source, a gzip-compressed tar, of {@link buildDocument}`.source`.
 * - `PUT build/output/stdout?from=N` (or `stderr`), `PUT build/result`: as those of tasks.
 * - `PUT build/archive`: the tree as it is after the hook, a gzip-compressed tar, before the result. The last one counts.
 */
import * as z from 'zod';
import { VARIABLE_PATTERN, LONGEST_VALUE } from '../manifests/variable.ts';
import { digest } from '../mqtt/artifact.ts';

export const BUILD_PATH = 'build';

export const buildDocument = z.object({
  /** Of the archive of the source. */
  source: z.object({ digest, bytes: z.int().min(0) }),
  /** The cartridge's hook, below its folder. */
  hook: z.string().min(1).max(4096),
  /** Environment of the hook, over the agent's own. */
  environment: z.record(z.string().regex(VARIABLE_PATTERN), z.string().max(LONGEST_VALUE)),
  /** The component's start command, which takes the place of the cartridge's hook; told to the hook, not run. */
  start: z.array(z.string().max(4096)).min(1).max(64).optional(),
  /** Most that the tree may hold after the hook, in bytes. */
  maximumBytes: z.number().positive(),
  /** From the start of the agent; what runs then is ended. */
  timeoutSeconds: z.number().positive(),
});
export type BuildDocument = z.infer<typeof buildDocument>;

/** Archives may be larger than what they hold, by this share and these bytes: the incompressible, and headers. */
export function mostArchiveBytes(maximumBytes: number): number {
  return Math.ceil(maximumBytes * 1.1) + 16 * 1024 * 1024;
}
