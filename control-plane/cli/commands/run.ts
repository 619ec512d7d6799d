/** `run`: a command once in a copy of a release, as if it ran here: its output, its exit code, and Ctrl-C. */
import type { Session } from '../client/session.ts';
import { followSubscription } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { FollowTask, RunTask, StopTask, type TaskFieldsFragment } from '../generated/operations.ts';
import { say, taken } from '../io.ts';
import { parseWhole } from '../numbers.ts';
import { resolveTarget } from '../targets.ts';
import type { RunCommandOptions } from './register-run.ts';

/** How long a task that was asked to stop is waited for: more than it gets. */
const STOP_MILLISECONDS = 20_000;

/** @returns the exit code: the command's own where it has one */
export async function run(
  session: Session,
  target: string,
  command: readonly string[],
  options: RunCommandOptions,
): Promise<number> {
  if (command.length === 0) throw usage('name a command: cartwright run APPLICATION[/ALIAS] -- PROGRAM [ARGUMENT…]');
  const timeoutSeconds = Math.ceil(parseDuration(options.timeout, '--timeout', { most: '1d' }));
  const releaseNumber =
    options.release === undefined ? undefined : parseWhole(options.release, '--release', 1, Number.MAX_SAFE_INTEGER);
  const ref = await resolveTarget(session, target);
  const { task } = await session.client.mutate(RunTask, {
    ref,
    command: [...command],
    timeoutSeconds,
    ...(releaseNumber === undefined ? {} : { releaseNumber }),
  });
  if (task === null) throw new CliError(EXIT.failed, 'the control plane answered with no task');
  if (options.detach === true) {
    await session.printer.bare(task, task.uid, [`task/${task.uid}`]);
    return EXIT.ok;
  }
  const ended = await untilEnded(session, task);
  return codeOf(session, ended);
}

/** Ctrl-C stops the task, whose end is then waited for; a second one ends this program and leaves it to the platform. */
async function untilEnded(session: Session, task: TaskFieldsFragment): Promise<TaskFieldsFragment> {
  const { io } = session;
  const given = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    say(io, `stopping task ${task.uid} …`);
    timer = setTimeout(() => given.abort(), STOP_MILLISECONDS);
    session.uninterrupted.mutate(StopTask, { uid: task.uid }).catch((error: unknown) => {
      say(io, `task ${task.uid} was not asked to stop: ${(error as Error).message}`);
      given.abort();
    });
  };
  io.interrupted.addEventListener('abort', stop, { once: true });
  try {
    return await followOutput(session, task, given.signal);
  } finally {
    clearTimeout(timer);
    io.interrupted.removeEventListener('abort', stop);
  }
}

async function followOutput(
  session: Session,
  task: TaskFieldsFragment,
  signal: AbortSignal,
): Promise<TaskFieldsFragment> {
  const { io } = session;
  let last = task;
  const free = { ...session, client: session.uninterrupted };
  for await (const { task: progress } of followSubscription(
    free,
    FollowTask,
    (before) => ({ uid: task.uid, ...(before === undefined ? {} : { after: before.task.cursor }) }),
    { ends: 'itself', signal },
  )) {
    for (const { stream, text } of progress.output) (stream === 'STDOUT' ? io.stdout : io.stderr).stream.write(text);
    last = progress.task;
    if (!io.interrupted.aborted) await taken(io);
  }
  return last;
}

function codeOf({ io }: Session, { uid, state, exitCode, reason, timeoutSeconds }: TaskFieldsFragment): number {
  if (state === 'SUCCEEDED') return EXIT.ok;
  if (exitCode !== null && exitCode !== 0) return exitCode;
  if (state === 'STOPPED') {
    say(io, `task ${uid} was stopped`);
    return EXIT.interrupted;
  }
  if (reason?.code === 'task-timed-out') {
    say(io, `task ${uid} did not end within ${timeoutSeconds} s`);
    return EXIT.timedOut;
  }
  throw new CliError(EXIT.failed, `task ${uid} ${state.toLowerCase()}${reason === null ? '' : `: ${reason.message}`}`);
}
