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
