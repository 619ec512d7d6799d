/** From a Job and its pods to what is seen of it. Pure. */
import type { V1ContainerStateTerminated, V1Job, V1Pod } from '@kubernetes/client-node';
import { taskResult, type TaskResult } from '../../../../schema/agent/task.ts';
import type { ObservedTask, TaskProblem } from '../../../app/ports/tasks.ts';
import { POD_ANNOTATION } from '../objects/names.ts';
import { taskIn } from '../objects/task-job.ts';
import { problemOf } from '../pods/problem.ts';

/** With which the agent ends when it cannot begin with what it was given. */
const EXIT_CONFIGURATION = 2;

export interface JobParts {
  readonly job: V1Job;
  /** Those that are there, ended or not. */
  readonly pods: readonly V1Pod[];
  /** As its agent has brought it. */
  readonly result: TaskResult | undefined;
  /** Why no pod is made, or the last that was said of one that is gone. */
  readonly problem: TaskProblem | undefined;
}

export function boundPod({ metadata }: V1Job): string | undefined {
  return metadata?.annotations?.[POD_ANNOTATION];
}

export function observedJob(parts: JobParts): ObservedTask {
  const { job, pods } = parts;
  const task = taskIn(job) ?? '';
  const bound = pods.find(({ metadata }) => metadata?.uid === boundPod(job));
  const isBegun = boundPod(job) !== undefined && hasBegun(bound);
  const seen = problemIn(bound ?? pods.at(-1)) ?? parts.problem;
  const problem = seen === undefined ? {} : { problem: seen };
  if (pods.some(isLive) || !isOver(job)) return { task, state: 'running', isBegun, ...problem };
  const end = endOf(bound);
  const result = parts.result ?? messageOf(task, end) ?? null;
  const isRefused = result === null && end?.exitCode === EXIT_CONFIGURATION;
  return {
    ...{ task, state: 'ended', isBegun: isBegun && !isRefused, result, detail: detailOf(job, end) },
    ...(isTooLate(job) && isBegun ? { problem: tooLate(job) } : problem),
  };
}

/** Without a word of its container's nobody knows, and it has. */
function hasBegun(pod: V1Pod | undefined): boolean {
  if (pod === undefined) return true;
  const [container] = pod.status?.containerStatuses ?? [];
  return container?.state?.running !== undefined || container?.state?.terminated !== undefined;
}

function isLive({ status }: V1Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** No pod is made any more. */
function isOver({ spec, status }: V1Job): boolean {
  if (spec?.suspend === true) return true;
  return condition(status, 'Complete') !== undefined || condition(status, 'Failed') !== undefined;
}

function isTooLate({ status }: V1Job): boolean {
  return condition(status, 'Failed')?.reason === 'DeadlineExceeded';
}

function condition(status: V1Job['status'], type: string) {
  return status?.conditions?.find((one) => one.type === type && one.status === 'True');
}

function tooLate({ spec }: V1Job): TaskProblem {
  const message = `its Job was ended by its limit of ${spec?.activeDeadlineSeconds} s`;
  return { code: 'task-timed-out', message };
}

function endOf(pod: V1Pod | undefined): V1ContainerStateTerminated | undefined {
  return pod?.status?.containerStatuses?.[0]?.state?.terminated;
}

/** A result that the agent could not bring is in its container's last word. */
function messageOf(task: string, end: V1ContainerStateTerminated | undefined): TaskResult | undefined {
  try {
    const result = taskResult.parse(JSON.parse(end?.message ?? ''));
    return result.task === task ? result : undefined;
  } catch {
    // The last lines of its log, or nothing.
    return undefined;
  }
}

/** That a container has ended is no trouble by itself: what its task has come to is in the result. */
function problemIn(pod: V1Pod | undefined): TaskProblem | undefined {
  const problem = pod && problemOf(pod);
  return problem?.code === 'crash-loop' ? undefined : problem;
}

function detailOf({ spec }: V1Job, end: V1ContainerStateTerminated | undefined): string {
  if (end !== undefined) return `its container ended with exit code ${end.exitCode}${wordsOf(end)}`;
  return spec?.suspend === true ? 'it was ended before its container had begun' : 'its pod is gone';
}

function wordsOf({ message }: V1ContainerStateTerminated): string {
  const last = (message ?? '').trim().split('\n').slice(-3).join(' | ').slice(-500);
  return last === '' ? '' : `: ${last}`;
}
