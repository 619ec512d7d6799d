/** Waiting for a deployment or a roll-out with a limit, and what is said when it does not come to a good end. */
import type { Session } from '../client/session.ts';
import { lastLines } from '../commands/logs.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT } from '../exit.ts';
import { BuildFailed, IsStopped } from './follow.ts';
import type { ServiceClusterRef } from '../generated/operations.ts';
import { say } from '../io.ts';

const LAST_LINES = 20;

/**
 * Runs `work` until it ends or `timeout` (as typed) is over: then `CliError` with exit code 124. When what failed is the
 * application's own, the last lines of its log are shown first.
 */
export async function waitFor<T>(
  session: Session,
  ref: ServiceClusterRef,
  timeout: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { interrupted } = session.io;
  const over = AbortSignal.timeout(parseDuration(timeout, '--timeout') * 1000);
  try {
    return await work(AbortSignal.any([interrupted, over]));
  } catch (error) {
    const name = `${ref.application}/${ref.alias}`;
    if (interrupted.aborted) {
      say(session.io, `not waiting any longer; it goes on: see "cartwright describe cluster ${name}"`);
      throw error;
    }
    const hasNoLog = error instanceof BuildFailed || error instanceof IsStopped;
    const isOwn = error instanceof CliError && error.exit === EXIT.failed && !hasNoLog;
    if (!over.aborted && !isOwn) throw error;
    await showLastLines(session, ref);
    if (!over.aborted) throw error;
    throw new CliError(
      EXIT.timedOut,
      `not done after ${timeout}; it goes on: see "cartwright describe cluster ${name}" and "cartwright logs ${name} -f"`,
    );
  }
}

async function showLastLines(session: Session, ref: ServiceClusterRef): Promise<void> {
  const { io } = session;
  try {
    const lines = await lastLines(
      { ...session, tenant: ref.tenant ?? undefined },
      ref.application,
      ref.alias,
      LAST_LINES,
    );
    if (lines.length === 0) return say(io, 'the application has written no log yet');
    say(io, 'last lines of the application:');
    for (const line of lines) say(io, `  ${line}`);
  } catch (error) {
    // The failure that led here matters more than that its log cannot be read.
    say(io, `the log cannot be read: ${(error as Error).message}`);
  }
}
