/** Why a build in a host cluster failed, as its author needs to hear it. Pure. */
import type { TaskEnding } from '../../../../schema/agent/task.ts';
import { BuildError } from '../../../app/errors.ts';
import type { BuildRequest } from '../../../app/ports/artifacts.ts';
import type { ObservedTask } from '../../../app/ports/tasks.ts';
import { failed, timedOut, wordsOf } from '../../builder/build-errors.ts';

type Ended = Extract<ObservedTask, { readonly state: 'ended' }>;
type Limits = Pick<BuildRequest, 'timeoutSeconds'>;

/** Of reasons that agents give. */
const CODES: Readonly<Record<string, string>> = {
  'build-hook-missing': 'BUILD_HOOK_MISSING',
  'start-command-not-found': 'BUILD_HOOK_MISSING',
  'build-too-large': 'BUILD_TOO_LARGE',
  'artifact-too-large': 'BUILD_TOO_LARGE',
};

/** `undefined`: it succeeded, and its result was brought. */
export function failureOf(limits: Limits, ended: Ended, lastLines: readonly string[]): BuildError | undefined {
  const { result, problem, isBegun, detail } = ended;
  const isDone = result?.ending.kind === 'exited' && result.ending.code === 0;
  if (problem?.code === 'out-of-memory' && !isDone)
    return new BuildError(
      'BUILD_OUT_OF_MEMORY',
      `the build used more memory than it may (${problem.message})${wordsOf(lastLines)}`,
    );
  if (result === null) return withoutResult(limits, problem, isBegun, detail);
  return ofEnding(limits, result.ending, lastLines, problem);
}

function ofEnding(
  limits: Limits,
  ending: TaskEnding,
  lastLines: readonly string[],
  problem: Ended['problem'],
): BuildError | undefined {
  switch (ending.kind) {
    case 'exited':
      if (ending.code === 0) return undefined;
      return failed(`exit code ${ending.code}`, lastLines);
    case 'signalled':
      return failed(`signal ${ending.signal}`, lastLines);
    case 'timed-out':
      return timedOut(limits.timeoutSeconds);
    case 'not-started':
      return new BuildError(CODES[ending.reason.code] ?? 'BUILD_FAILED', ending.reason.message);
    case 'stopped':
    case 'interrupted':
      return lost(problem?.message ?? 'it was asked to end');
  }
}

function withoutResult(limits: Limits, problem: Ended['problem'], isBegun: boolean, detail: string): BuildError {
  if (!isBegun) return new BuildError('BUILD_NOT_STARTED', `nothing of the build ran: ${problem?.message ?? detail}`);
  if (problem?.code === 'task-timed-out') return timedOut(limits.timeoutSeconds);
  if (problem?.message.includes('ephemeral') === true)
    return new BuildError('BUILD_TOO_LARGE', `the build took more of its node's disk than it may: ${problem.message}`);
  return lost(problem?.message ?? detail);
}

/** What became of it is not known, or it had to go. */
export function lost(why: string, cause?: unknown): BuildError {
  return new BuildError('BUILD_LOST', `the build was lost (${why}); deploy again`, { cause });
}

/** Nothing of it ran. */
export function notStarted(why: string, cause?: unknown): BuildError {
  return new BuildError('BUILD_NOT_STARTED', `the build was not started: ${why}`, { cause });
}
