import { expect, test } from '@jest/globals';
import { InstanceState } from '../fleet/instance-state.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { drainState, type DrainQuestion } from './drain.ts';

const NOW = 1_000_000;

function balancer(
  applied: { generation: number; at: number } | null,
  demandAt: number,
  inFlight: Record<string, number> = {},
): InstanceState {
  const state = new InstanceState({ uid: 'balancer', state: 'active' } as InstanceRecord, NOW);
  if (applied !== null)
    state.applied.set('web', { uid: 'cluster', epoch: 1, generation: applied.generation, at: applied.at });
  state.demandAt = demandAt;
  state.inFlightByInstance = new Map(Object.entries(inFlight));
  return state;
}

function ask(balancers: InstanceState[], changes: Partial<DrainQuestion> = {}) {
  return drainState({
    now: NOW,
    instance: 'i1',
    alias: 'web',
    drainingSince: NOW - 1000,
    drainSeconds: 30,
    isPublished: true,
    topology: { uid: 'cluster', epoch: 1, generation: 5 },
    balancers,
    ...changes,
  });
}

test('an instance is drained at once where there is no load balancer', () => {
  expect(ask([])).toEqual({ kind: 'drained' });
});

test('it waits until its draining is published', () => {
  expect(ask([], { isPublished: false })).toMatchObject({ kind: 'waiting' });
});

test('it waits for every load balancer to apply the topology', () => {
  expect(ask([balancer({ generation: 4, at: NOW - 900 }, NOW)])).toMatchObject({
    kind: 'waiting',
    detail: 'load balancer balancer has not applied the topology',
  });
});

test('it waits for a report that is newer than the acknowledgement', () => {
  expect(ask([balancer({ generation: 5, at: NOW - 500 }, NOW - 600)])).toMatchObject({ kind: 'waiting' });
});

test('it waits for what is in flight', () => {
  expect(ask([balancer({ generation: 5, at: NOW - 500 }, NOW - 100, { i1: 2 })])).toMatchObject({
    kind: 'waiting',
    detail: '2 in flight at load balancer balancer',
  });
});

test('it is drained when all have applied, reported and hold nothing of it', () => {
  expect(
    ask([
      balancer({ generation: 5, at: NOW - 500 }, NOW - 100, { i2: 7 }),
      balancer({ generation: 6, at: NOW - 500 }, NOW - 100),
    ]),
  ).toEqual({ kind: 'drained' });
});

test('the deadline ends the waiting and says what it was for', () => {
  expect(
    ask([balancer({ generation: 5, at: NOW - 500 }, NOW - 100, { i1: 1 })], { drainingSince: NOW - 30_000 }),
  ).toEqual({ kind: 'deadline', detail: '1 in flight at load balancer balancer' });
});
