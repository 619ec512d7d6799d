import { describe, expect, test } from '@jest/globals';
import type { V1ContainerState, V1Job, V1Pod } from '@kubernetes/client-node';
import type { TaskResult } from '../../../../schema/agent/task.ts';
import { LABELS, POD_ANNOTATION } from '../objects/names.ts';
import { observedJob } from './observed-job.ts';

const TASK = 't1';
const RESULT: TaskResult = { v: 1, task: TASK, ending: { kind: 'exited', code: 3 }, lastLines: ['well'] };
const FAILED = { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' };

function job(
  changes: { readonly bound?: string; readonly condition?: object; readonly suspend?: boolean } = {},
): V1Job {
  const { bound, condition, suspend } = changes;
  return {
    metadata: {
      labels: { [LABELS.task]: TASK },
      ...(bound === undefined ? {} : { annotations: { [POD_ANNOTATION]: bound } }),
    },
    spec: { activeDeadlineSeconds: 960, ...(suspend === undefined ? {} : { suspend }), template: {} },
    status: { ...(condition === undefined ? {} : { conditions: [condition as never] }) },
  };
}
function pod(phase: string, state: V1ContainerState, uid = 'p1'): V1Pod {
  const container = { name: 'task', image: 'i', imageID: 'i', ready: false, restartCount: 0, state };
  const limits = { memory: String(2 ** 27) };
  return {
    metadata: { uid },
    spec: { containers: [{ name: 'task', resources: { limits } }] },
    status: { phase, containerStatuses: [container] },
  };
}
const terminated = (exitCode: number, changes: object = {}): V1ContainerState => ({
  terminated: { exitCode, ...changes },
});
const observe = (one: V1Job, pods: V1Pod[], result?: TaskResult) =>
  observedJob({ job: one, pods, result, problem: undefined });

describe('a task runs', () => {
  test('and has not begun, while its Job is bound to no pod', () => {
    expect(observe(job(), [])).toEqual({ task: TASK, state: 'running', isBegun: false });
    expect(observe(job(), [pod('Running', { running: {} })])).toMatchObject({ state: 'running', isBegun: false });
  });

  test('and has begun, when the container of the pod that it is bound to has', () => {
    expect(observe(job({ bound: 'p1' }), [pod('Running', { running: {} })])).toMatchObject({ isBegun: true });
    expect(observe(job({ bound: 'p1' }), [pod('Pending', { waiting: {} })])).toMatchObject({ isBegun: false });
  });

  test('while its pod does, whatever its Job says: nothing else tells that nothing of it runs', () => {
    const suspended = job({ bound: 'p1', suspend: true });
    expect(observe(suspended, [pod('Running', { running: {} })], RESULT)).toMatchObject({ state: 'running' });
  });

  test('and says why it does not begin', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'not found' };
    expect(observe(job({ bound: 'p1' }), [pod('Pending', { waiting })])).toMatchObject({
      isBegun: false,
      problem: { code: 'image-pull-failed' },
    });
    const refused = { code: 'quota-exceeded', message: 'none left' };
    expect(observedJob({ job: job(), pods: [], result: undefined, problem: refused })).toMatchObject({
      problem: refused,
    });
  });
});

describe('a task has ended', () => {
  const complete = job({ bound: 'p1', condition: { type: 'Complete', status: 'True' } });

  test('with the result that its agent has brought', () => {
    expect(observe(complete, [pod('Succeeded', terminated(0))], RESULT)).toMatchObject({
      state: 'ended',
      result: RESULT,
    });
  });

  test('with the last word of its container, where its agent could bring none', () => {
    const message = JSON.stringify(RESULT);
    expect(observe(complete, [pod('Succeeded', terminated(0, { message }))])).toMatchObject({ result: RESULT });
    const another = JSON.stringify({ ...RESULT, task: 't2' });
    for (const text of [another, 'Segmentation fault', '{'])
      expect(observe(complete, [pod('Failed', terminated(1, { message: text }))])).toMatchObject({ result: null });
  });

  test('for the memory that it took, whether its agent outlived that or not', () => {
    const failed = job({ bound: 'p1', condition: FAILED });
    const problem = { code: 'out-of-memory', message: expect.stringContaining('128 MiB') as unknown };
    expect(observe(failed, [pod('Failed', terminated(137, { reason: 'OOMKilled' }))])).toMatchObject({
      result: null,
      isBegun: true,
      problem,
    });
    expect(observe(complete, [pod('Succeeded', terminated(0, { reason: 'OOMKilled' }))], RESULT)).toMatchObject({
      problem,
    });
  });

  test('without ever having begun, when its agent does not know how', () => {
    const end = pod('Failed', terminated(2, { message: "cartwright-agent: Unknown option '--task'" }));
    expect(observe(job({ bound: 'p1', condition: FAILED }), [end])).toMatchObject({
      isBegun: false,
      result: null,
      detail: "its container ended with exit code 2: cartwright-agent: Unknown option '--task'",
    });
  });

  test('by the limit of its Job', () => {
    const late = job({ bound: 'p1', condition: { type: 'Failed', status: 'True', reason: 'DeadlineExceeded' } });
    expect(observe(late, [])).toMatchObject({ state: 'ended', isBegun: true, problem: { code: 'task-timed-out' } });
  });

  test('and nothing of it ran, where no pod was told what to run', () => {
    expect(observe(job({ suspend: true }), [])).toMatchObject({ state: 'ended', isBegun: false, result: null });
  });

  test('and how far it came is not known, where its pod is gone', () => {
    expect(observe(job({ bound: 'p1', condition: FAILED }), [])).toMatchObject({
      isBegun: true,
      result: null,
      detail: 'its pod is gone',
    });
  });
});
