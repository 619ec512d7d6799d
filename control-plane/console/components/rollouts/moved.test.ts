import { expect, test } from '@jest/globals';
import { doneOf, movedRows, type Moved, type Rollout } from './moved.ts';

const instance = (uid: string, changed: Partial<Moved> = {}): Moved => ({
  uid,
  state: 'ACTIVE',
  unreachable: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  activeAt: '2026-01-01T00:00:02.000Z',
  draining: null,
  reason: null,
  release: { uid: 'r1', number: 1 },
  placement: null,
  ...changed,
});
const rollout = (changed: Partial<Rollout> = {}): Rollout => ({
  uid: 'o1',
  state: 'RUNNING',
  createdAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
  reason: null,
  fromRelease: { uid: 'r1', number: 1 },
  toRelease: { uid: 'r2', number: 2, build: { uid: 'b2' } },
  instanceUids: [],
  ...changed,
});
const two = { uid: 'r2', number: 2 };

test('each instance is at its own step of a roll-out', () => {
  const rows = movedRows(rollout({ instanceUids: ['c', 'a', 'd'] }), [
    instance('a', { draining: { purpose: 'SWITCH' } }),
    instance('b'),
    instance('c', { release: two }),
    instance('d', { state: 'FAULTY', reason: { code: 'exited', message: 'it ended with 1' } }),
    instance('e', { state: 'READY_TO_SHUTDOWN' }),
    instance('f', { state: 'STARTING', release: null }),
  ]);
  expect(rows.map(({ uid, step, isDone }) => [uid, step, isDone])).toEqual([
    ['c', 'done', true],
    ['a', 'finishes its requests, then switches', false],
    ['d', 'failed with the new release', false],
    ['b', 'waits for its turn', false],
    ['e', 'finishes its requests, then stops', false],
    ['f', 'starts', false],
  ]);
  expect(doneOf(rows)).toEqual({ done: 1, all: 6 });
  expect(rows[2]).toMatchObject({ tone: 'bad', reason: 'it ended with 1' });
});

test('one that is taken back is done when all run the release of before', () => {
  const rows = movedRows(rollout({ state: 'RETURNING', instanceUids: ['a'] }), [
    instance('a', { release: two }),
    instance('b'),
  ]);
  expect(rows.map(({ step }) => step)).toEqual(['is being moved back', 'done']);
});

test('without a roll-out what serves is done', () => {
  const rows = movedRows(null, [instance('a'), instance('b', { state: 'STARTING' })]);
  expect(rows.map(({ step }) => step)).toEqual(['serves', 'starts']);
  expect(doneOf(rows)).toEqual({ done: 1, all: 2 });
});
