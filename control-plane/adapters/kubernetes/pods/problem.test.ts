/** What is said of pods as a real cluster has shown them (recorded from Kubernetes 1.34: problem.fixtures.json). */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { observedOf } from './observed.ts';
import { problemOf, refusalOf } from './problem.ts';

const { pods, deployments } = JSON.parse(readFileSync(new URL('problem.fixtures.json', import.meta.url), 'utf8')) as {
  pods: Readonly<Record<string, V1Pod>>;
  deployments: Readonly<Record<string, V1Deployment>>;
};

test.each([
  [
    'image-pull-failed',
    'image-pull-failed',
    /^the image none:1 cannot be pulled \(ImagePullBackOff\): .*registry-1\.docker\.io.*; it is tried again/,
  ],
  [
    'container-not-created',
    'container-not-created',
    /^its container cannot be started \(CreateContainerConfigError\): container has runAsNonRoot and image will run as root/,
  ],
  [
    'crash-loop',
    'crash-loop',
    /^its container ended with exit code 3, 4 times; last lines: .*cannot open \/cartwright\/data\/instance\.json.*; it is started again after a pause$/,
  ],
  [
    'out-of-memory',
    'out-of-memory',
    /^its container used more memory than its limit of 64 MiB and was ended, 4 times; last lines: filling; let it use less, or declare more/,
  ],
  [
    'unschedulable',
    'unschedulable',
    /^no node takes it: 0\/2 nodes are available: 1 Insufficient memory.*; it asks for 0\.05 CPUs and 921600 MiB: free some/,
  ],
  ['evicted', 'evicted', /^node kob-1 evicted it: Usage of EmptyDir volume "data" exceeds the limit "1Mi"/],
  ['leaving', 'evicted', /^it has to leave node kob-1: whoever empties its node asked it to leave/],
  ['node-silent', 'node-lost', /^node kob-2 does not report/],
  ['node-lost', 'node-lost', /^node kob-2 does not report/],
])('a pod that is %s: %s', (name, code, message) => {
  expect(problemOf(pods[name]!)).toEqual({ code, message: expect.stringMatching(message) });
});

test('nothing is wrong with a pod that runs, nor with one that has just been made', () => {
  expect(problemOf(pods.running!)).toBeUndefined();
  expect(problemOf({ metadata: { name: 'new' } })).toBeUndefined();
});

test('a container that runs again has its last end as its problem until it is ready', () => {
  const { spec, status } = pods['out-of-memory']!;
  const [container] = status!.containerStatuses!;
  const again = (ready: boolean): V1Pod => ({
    spec: spec!,
    status: { containerStatuses: [{ ...container!, ready, state: { running: {} } }] },
  });
  expect(problemOf(again(false))?.code).toBe('out-of-memory');
  expect(problemOf(again(true))).toBeUndefined();
});

test.each([
  ['quota-exceeded', /exceeded quota: cartwright-quota, requested: pods=1.*; stop other instances or raise the quota/],
  ['pod-refused', /violates PodSecurity "restricted:latest"/],
])('a Deployment that gets no pods: %s', (code, message) => {
  expect(refusalOf(deployments[code]!)).toEqual({ code, message: expect.stringMatching(message) });
});

test('what is wrong with the Deployment is the problem of those who wait for a pod, and of nobody else', () => {
  const refused = deployments['quota-exceeded']!;
  const of = (slot: object, pod?: V1Pod) => observedOf(refused, { instance: 'one', ...slot }, { pod, ports: [] });
  expect(of({})).toMatchObject({ state: 'starting', problem: { code: 'quota-exceeded' } });
  expect(of({ pod: 'a' }, pods.running).problem).toBeUndefined();
  expect(of({ pod: 'a' })).toMatchObject({ state: 'gone', detail: 'its pod was deleted' });
  expect(of({ ended: 'it was stopped' })).toMatchObject({ state: 'gone', detail: 'it was stopped' });
  expect(of({ pod: 'a' }, pods.evicted)).toMatchObject({
    state: 'gone',
    problem: { code: 'evicted' },
    detail: expect.stringContaining('exceeds the limit'),
  });
});
