/** What a task's ending, as its agent tells it, means for its record. */
import { constants } from 'node:os';
import type { TaskEnding, TaskResult } from '../../../schema/agent/task.ts';
import type { TaskRecord } from '../records/tasks.ts';

export interface TaskOutcome extends Pick<TaskRecord, 'exitCode' | 'reason' | 'lastLines'> {
  readonly state: Exclude<TaskRecord['state'], 'starting' | 'running'>;
}

/** Nothing of it ran: of such a task it is certain. */
export const NEVER_STARTED = 'task-never-started';

const SIGNAL_BASE = 128;

/** Pure. `result` is null where nothing of the task runs and no result was left. */
export function outcomeOf(
  task: Pick<TaskRecord, 'stoppedBy' | 'timeoutSeconds'>,
  result: TaskResult | null,
  detail: string,
): TaskOutcome {
  const lastLines = result?.lastLines ?? [];
  if (result === null) {
    if (task.stoppedBy !== null) return { ...stopped(task.stoppedBy), lastLines };
    const message = `nothing of it runs any more and it left no result (${detail}): how far it came is not known`;
    return { state: 'lost', exitCode: null, reason: { code: 'task-lost', message }, lastLines };
  }
  return { ...ofEnding(task, result.ending), lastLines };
}

function ofEnding(
  task: Pick<TaskRecord, 'stoppedBy' | 'timeoutSeconds'>,
  ending: TaskEnding,
): Omit<TaskOutcome, 'lastLines'> {
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
      return failed('task-timed-out', `it did not end within ${task.timeoutSeconds} s and was killed`, null);
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
