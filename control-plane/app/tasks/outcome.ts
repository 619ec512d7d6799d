/** What a task's ending, as its agent tells it, means for its record. */
import { constants } from 'node:os';
import type { TaskEnding } from '../../../schema/agent/task.ts';
import type { ObservedTask, TaskProblem } from '../ports/tasks.ts';
import type { TaskRecord } from '../records/tasks.ts';

export interface TaskOutcome extends Pick<TaskRecord, 'exitCode' | 'reason' | 'lastLines'> {
  readonly state: Exclude<TaskRecord['state'], 'starting' | 'running'>;
}

/** Nothing of it ran: of such a task it is certain. */
export const NEVER_STARTED = 'task-never-started';
const TIMED_OUT = 'task-timed-out';

const SIGNAL_BASE = 128;
/** What ends a task for a reason of its own: it has failed, and is not lost. */
const OWN_FAULT: readonly string[] = ['out-of-memory', TIMED_OUT];

type Asked = Pick<TaskRecord, 'stoppedBy' | 'timeoutSeconds'>;
type EndedTask = Omit<Extract<ObservedTask, { readonly state: 'ended' }>, 'task' | 'state'>;

/** Pure. */
export function outcomeOf(task: Asked, ended: EndedTask): TaskOutcome {
  const { result, problem } = ended;
  if (result === null) return { ...withoutResult(task, ended), lastLines: [] };
  const told = ofEnding(task, result.ending);
  // The agent sees a signal where the kernel has ended a process for the memory that it took.
  const isCause = problem?.code === 'out-of-memory' && told.state !== 'succeeded';
  return { ...told, ...(isCause ? { state: 'failed', reason: { ...problem } } : {}), lastLines: result.lastLines };
}

function withoutResult(task: Asked, { detail, isBegun, problem }: EndedTask): Omit<TaskOutcome, 'lastLines'> {
  if (task.stoppedBy !== null) return stopped(task.stoppedBy);
  if (!isBegun) return neverRan(problem, detail);
  if (problem !== undefined && OWN_FAULT.includes(problem.code)) return failed(problem.code, problem.message, null);
  const why = problem?.message ?? detail;
  const message = `nothing of it runs any more and it left no result (${why}): how far it came is not known`;
  return { state: 'lost', exitCode: null, reason: { code: problem?.code ?? 'task-lost', message } };
}

function neverRan(problem: TaskProblem | undefined, detail: string): Omit<TaskOutcome, 'lastLines'> {
  return failed(problem?.code ?? 'task-not-started', `nothing of it ran: ${problem?.message ?? detail}`, null);
}

function ofEnding(task: Asked, ending: TaskEnding): Omit<TaskOutcome, 'lastLines'> {
  switch (ending.kind) {
    case 'exited':
      if (ending.code === 0) return { state: 'succeeded', exitCode: 0, reason: null };
      return failed('task-failed', `it ended with exit code ${ending.code}`, ending.code);
    case 'signalled': {
      const number = (constants.signals as Readonly<Record<string, number>>)[ending.signal];
      const code = number === undefined ? null : SIGNAL_BASE + number;
      return failed('task-failed', `it was ended by the signal ${ending.signal}`, code);
    }
    case 'timed-out':
      return failed(TIMED_OUT, `it did not end within ${task.timeoutSeconds} s and was killed`, null);
    case 'stopped':
      return stopped(task.stoppedBy ?? 'the machine');
    case 'not-started':
      return { state: 'failed', exitCode: null, reason: ending.reason };
    case 'interrupted': {
      const message = 'the machine or its agent ended while it ran: how far it came is not known';
      return { state: 'lost', exitCode: null, reason: { code: 'task-lost', message } };
    }
  }
}

function failed(code: string, message: string, exitCode: number | null): Omit<TaskOutcome, 'lastLines'> {
  return { state: 'failed', exitCode, reason: { code, message } };
}

function stopped(by: string): Omit<TaskOutcome, 'lastLines'> {
  return { state: 'stopped', exitCode: null, reason: { code: 'task-stopped', message: `${by} stopped it` } };
}

export function hasEnded({ state }: Pick<TaskRecord, 'state'>): boolean {
  return state !== 'starting' && state !== 'running';
}

/** Of a task that was recorded and not begun. */
export function neverStarted(): TaskOutcome {
  const message = 'the control plane ended before this task was started; nothing of it ran';
  return { state: 'failed', exitCode: null, reason: { code: NEVER_STARTED, message }, lastLines: [] };
}
