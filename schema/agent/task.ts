/**
 * One-off tasks: a command that runs once in a copy of a release, beside its instances and without requests. A task is handed to
 * an agent as an instance is; the agent runs the command instead of an application, leaves the result, and ends.
 */
import * as z from 'zod';
import { desiredRelease } from '../mqtt/desired.ts';
import { id } from '../mqtt/payload.ts';
import { reason } from '../mqtt/status.ts';
import { httpUrl } from '../mqtt/text.ts';

/** Bounds of a command: parts, and characters of each. */
export const MOST_COMMAND_PARTS = 64;
export const LONGEST_COMMAND_PART = 4096;
/** Lines of the output that a result keeps. */
export const RESULT_LINES = 20;
/** Bytes of each output stream that are kept; what is more is dropped and said to be. */
export const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

const taskProgram = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('command'),
    command: z.array(z.string().max(LONGEST_COMMAND_PART)).min(1).max(MOST_COMMAND_PARTS),
  }),
  /** The cartridge's hook of this name. */
  z.object({ kind: z.literal('hook'), hook: z.literal('release') }),
]);

export const taskDocument = z.object({
  release: desiredRelease,
  program: taskProgram,
  /** Where the metadata is fetched, once, before the program begins. */
  metadataUrl: httpUrl.optional(),
  /** From the start of the agent; what runs then is ended. */
  timeoutSeconds: z.number().positive(),
});
export type TaskDocument = z.infer<typeof taskDocument>;

const taskEnding = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exited'), code: z.int().min(0).max(255) }),
  z.object({ kind: z.literal('signalled'), signal: z.string().regex(/^SIG[A-Z0-9+]{1,20}$/) }),
  z.object({ kind: z.literal('timed-out') }),
  /** It was asked to stop. */
  z.object({ kind: z.literal('stopped') }),
  /** Nothing of it ran: its release could not be had, or the command not be started. */
  z.object({ kind: z.literal('not-started'), reason }),
  /** An agent before this one had begun it and was ended: how far it came is not known. */
  z.object({ kind: z.literal('interrupted') }),
]);
export type TaskEnding = z.infer<typeof taskEnding>;

/** What the agent writes to `result.json` when nothing of the task runs any more. */
export const taskResult = z.object({
  v: z.literal(1),
  task: id,
  ending: taskEnding,
  /** The end of what it printed, both streams in the order of reading, secrets masked. */
  lastLines: z.array(z.string()).max(RESULT_LINES),
});
export type TaskResult = z.infer<typeof taskResult>;

/**
 * Where the agent of a task in a pod brings what the task printed and its result, below `controlPlane` of its document and with its token; a pod's files
 * are nobody's once it has ended.
 *
 * - `PUT task/output/stdout?from=N` (or `stderr`): bytes of the stream from N on, at most {@link MOST_OUTPUT_BYTES_AT_ONCE}. Answers `{"size": S}`: how many are
 *   held now, which is where the next ones begin. Bytes that are there already change nothing; what would leave a gap is not taken.
 * - `PUT task/result`: a {@link taskResult}. The first one counts.
 *
 * Answers otherwise: 400 (not understood), 401 (no token of a task that runs), 413, 507 (no room), each with `{"error": {"code", "message"}}`.
 */
export const TASK_PATH = 'task';
export const MOST_OUTPUT_BYTES_AT_ONCE = 256 * 1024;
export const MOST_RESULT_BYTES = 256 * 1024;
/** Beyond {@link MOST_OUTPUT_BYTES}: that something is missing is written behind it. */
export const MOST_HELD_BYTES = MOST_OUTPUT_BYTES + 1024;

export const outputHeld = z.object({ size: z.int().min(0).max(MOST_HELD_BYTES) });

/** The message with which the container of a task ends: its result, as far as it has room there; the lines that have none are left out. */
export const MOST_MESSAGE_BYTES = 4096;
