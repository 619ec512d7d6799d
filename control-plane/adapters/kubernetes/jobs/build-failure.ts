/** Why a build in a host cluster failed, as its author needs to hear it. Pure. */
import type { TaskEnding } from '../../../../schema/agent/task.ts';
import { BuildError } from '../../../app/errors.ts';
import type { BuildRequest } from '../../../app/ports/artifacts.ts';
import type { ObservedTask } from '../../../app/ports/tasks.ts';

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
  const last = lastLines.join(' | ').slice(-500);
  const words = last === '' ? '' : `: ${last}`;
  const isDone = result?.ending.kind === 'exited' && result.ending.code === 0;
  if (problem?.code === 'out-of-memory' && !isDone)
    return new BuildError('BUILD_OUT_OF_MEMORY', `the build used more memory than it may (${problem.message})${words}`);
  if (result === null) return withoutResult(limits, problem, isBegun, detail);
  return ofEnding(limits, result.ending, words, problem);
}

function ofEnding(
  limits: Limits,
  ending: TaskEnding,
  words: string,
  problem: Ended['problem'],
): BuildError | undefined {
  switch (ending.kind) {
    case 'exited':
      if (ending.code === 0) return undefined;
      return new BuildError('BUILD_FAILED', `the build ended with exit code ${ending.code}${words}`);
    case 'signalled':
      return new BuildError('BUILD_FAILED', `the build ended with signal ${ending.signal}${words}`);
    case 'timed-out':
      return timedOut(limits);
    case 'not-started':
      return new BuildError(CODES[ending.reason.code] ?? 'BUILD_FAILED', ending.reason.message);
    case 'stopped':
    case 'interrupted':
      return lost(problem?.message ?? 'it was asked to end');
  }
}

function withoutResult(limits: Limits, problem: Ended['problem'], isBegun: boolean, detail: string): BuildError {
  if (!isBegun) return new BuildError('BUILD_NOT_STARTED', `nothing of the build ran: ${problem?.message ?? detail}`);
  if (problem?.code === 'task-timed-out') return timedOut(limits);
  if (problem?.message.includes('ephemeral') === true)
    return new BuildError('BUILD_TOO_LARGE', `the build took more of its node's disk than it may: ${problem.message}`);
  return lost(problem?.message ?? detail);
}

function timedOut({ timeoutSeconds }: Limits): BuildError {
  return new BuildError(
    'BUILD_TIMED_OUT',
    `the build did not end within ${timeoutSeconds} s and was stopped; its last output lines say where it hangs`,
  );
}

function lost(why: string): BuildError {
  return new BuildError('BUILD_LOST', `the build was ended from outside (${why}); deploy again`);
}
