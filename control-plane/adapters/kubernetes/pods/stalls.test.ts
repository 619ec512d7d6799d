import { afterEach, expect, test } from '@jest/globals';
import type { V1DeploymentStatus } from '@kubernetes/client-node';
import { eventually } from '../../../../test/support/eventually.ts';
import type { Workload } from '../objects/workload.ts';
import { observedOf } from './observed.ts';
import { Stalls } from './stalls.ts';

const PATIENCE = 10;

const NOW = Date.UTC(2026, 0, 1);
let told: string[] = [];
let called: string[] = [];
const stalls = (): Stalls => {
  [told, called] = [[], []];
  const noting =
    (list: string[]) =>
    ({ metadata }: Workload): void =>
      void list.push(metadata!.uid!);
  const to = { onOverdue: noting(told), callOn: noting(called) };
  return (opened = new Stalls({ ...to, now: () => NOW, patienceMilliseconds: PATIENCE }));
};
let opened: Stalls | undefined;
afterEach(() => opened?.close());

/** One that asks for three pods. */
function deployment(status: V1DeploymentStatus, more: object = {}): Workload {
  return {
    metadata: { name: 'shop-web', namespace: 'cartwright-acme', uid: 'one', ...more },
    spec: { replicas: 3, selector: {}, template: {} },
    status,
  };
}
const REFUSED: V1DeploymentStatus = {
  replicas: 2,
  conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }],
};

test('one that gets none of its pods is told of once, and after a while called on, again and again, until one comes', async () => {
  const watched = stalls();
  watched.seen(deployment({ replicas: 2 }));
  expect(watched.since(deployment({ replicas: 2 }))).toBeUndefined();
  await eventually('it is told', () => told.length > 0);
  expect([watched.since(deployment({ replicas: 2 })), called]).toEqual([NOW, []]);
  await eventually('three calls', () => called.length >= 3);
  expect(told).toHaveLength(1);
  watched.seen(deployment({ replicas: 3 }));
  expect(watched.since(deployment({ replicas: 3 }))).toBeUndefined();
  const before = called.length;
  await new Promise((resolve) => setTimeout(resolve, 3 * PATIENCE));
  expect(called).toHaveLength(before);
});

test('what is said again changes nothing; a pod that comes begins the time anew', async () => {
  const watched = stalls();
  watched.seen(deployment({ replicas: 1 }));
  await eventually('it is told', () => told.length > 0);
  watched.seen(deployment({ replicas: 1 }));
  expect(watched.since(deployment({}))).toBe(NOW);
  watched.seen(deployment({ replicas: 2 }));
  expect(watched.since(deployment({}))).toBeUndefined();
});

test.each([
  ['has its pods', deployment({ replicas: 3 })],
  ['has more', deployment({ replicas: 4 })],
  ['is refused them, and says so', deployment(REFUSED)],
  ['is being deleted', deployment({ replicas: 1 }, { deletionTimestamp: new Date() })],
])('one that %s is left alone', async (_, workload) => {
  const watched = stalls();
  watched.seen(workload);
  await new Promise((resolve) => setTimeout(resolve, 7 * PATIENCE));
  expect([watched.since(workload), told, called]).toEqual([undefined, [], []]);
});

test('one that is gone is called on no more', async () => {
  const watched = stalls();
  watched.seen(deployment({}));
  watched.gone(deployment({}));
  await new Promise((resolve) => setTimeout(resolve, 7 * PATIENCE));
  expect([told, called]).toEqual([[], []]);
});

test('an instance that waits says so; one that has its pod, and one whose pods are refused, do not', () => {
  const seen = { pod: undefined, ports: [], stalledSince: Date.UTC(2026, 0, 1, 3) };
  const waiting = { instance: 'two' };
  expect(observedOf(deployment({ replicas: 2 }), waiting, seen)).toMatchObject({
    state: 'starting',
    problem: {
      code: 'pod-not-made',
      message: expect.stringContaining('asks its host cluster for 3 pods and has had 2 since 2026-01-01T03:00:00.000Z'),
    },
  });
  expect(observedOf(deployment(REFUSED), waiting, seen).problem?.code).toBe('quota-exceeded');
  const bound = { pod: { metadata: { name: 'pod' } }, ports: [], stalledSince: seen.stalledSince };
  expect(observedOf(deployment({ replicas: 2 }), { instance: 'one', pod: 'p' }, bound).problem).toBeUndefined();
});
