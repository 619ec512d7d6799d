/** What the agent of a task does between its beginning and its end. */
import type { Layout } from '../storage/layout.ts';

/** A program that can be started. */
export interface PreparedWork {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What is masked in the output, beside what the agent knows itself. */
  readonly secrets: readonly string[];
}

export interface TaskWork {
  /** From the start of the agent to the end of all of it. */
  readonly timeoutSeconds: number;
  /** Rejects with a `Fault`: nothing runs then; or with the signal's reason. */
  prepare(layout: Layout, signal: AbortSignal): Promise<PreparedWork>;
  /** After the program has ended with exit code 0. Rejects as {@link prepare}. */
  finish?(layout: Layout, signal: AbortSignal): Promise<void>;
}
