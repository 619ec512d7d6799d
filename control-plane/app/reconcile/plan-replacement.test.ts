import { expect, test } from '@jest/globals';
import { planReplacement } from './plan-replacement.ts';
import { SOAK_MILLISECONDS, type RolloutInstance, type RolloutView } from './plan-rollout.ts';

const OLD = 'release-1';
const NEW = 'release-2';
const NOW = 1_000_000;

function old(uid: string, changes: Partial<RolloutInstance> = {}): RolloutInstance {
  return {
    ...{ uid, state: 'active', runs: OLD, takesCandidate: false, draining: 'none', drainingSince: null },
    ...{ failure: null, switchedAt: null, stateSince: 0 },
    ...changes,
  };
}

const fresh = (uid: string, changes: Partial<RolloutInstance> = {}): RolloutInstance =>
  old(uid, { runs: NEW, takesCandidate: true, switchedAt: NOW - 5000, ...changes });

function view(instances: readonly RolloutInstance[], changes: Partial<RolloutView> = {}): RolloutView {
  return {
    ...{ now: NOW, state: 'running', from: OLD, to: NEW, instances, wanted: 2 },
    ...{ deadlineMilliseconds: 60_000, surge: 'possible' },
    ...changes,
  };
}

test('one of the new image comes before one of the others goes', () => {
  expect(planReplacement(view([old('a'), old('b')]))).toEqual([{ kind: 'surge' }]);
  expect(planReplacement(view([old('a'), old('b'), fresh('c', { state: 'starting' })]))).toEqual([]);
  expect(planReplacement(view([old('a'), old('b'), fresh('c', { stateSince: NOW - SOAK_MILLISECONDS + 1 })]))).toEqual(
    [],
  );
  expect(planReplacement(view([old('a'), old('b'), fresh('c')]))).toEqual([{ kind: 'retire', instances: ['a'] }]);
  expect(planReplacement(view([old('b'), fresh('c')]))).toEqual([{ kind: 'surge' }]);
});

test('one that does not serve goes before one that does', () => {
  expect(planReplacement(view([old('a'), old('b', { state: 'faulty' }), fresh('c')]))).toEqual([
    { kind: 'retire', instances: ['b'] },
  ]);
});

test('it is over when all are of the new image, also where none is wanted', () => {
  expect(planReplacement(view([fresh('c'), fresh('d')]))).toEqual([{ kind: 'promote' }]);
  expect(planReplacement(view([], { wanted: 0 }))).toEqual([{ kind: 'surge' }]);
  expect(planReplacement(view([fresh('c')], { wanted: 0 }))).toEqual([{ kind: 'promote' }]);
});

test('the first that fails, and no room for one more, end it', () => {
  const failure = { code: 'exited', message: 'it ended' };
  expect(planReplacement(view([old('a'), fresh('c', { state: 'faulty', failure })]))).toEqual([
    { kind: 'return', reason: failure },
  ]);
  expect(planReplacement(view([old('a'), old('b')], { surge: 'refused' }))).toMatchObject([
    { kind: 'return', reason: { code: 'no-room' } },
  ]);
});

test('on the way back those that do not serve go at once, the others as long as there are enough', () => {
  const back = (instances: readonly RolloutInstance[], wanted = 2) =>
    planReplacement(view(instances, { state: 'returning', wanted }));
  expect(back([old('a'), fresh('c'), fresh('d', { state: 'starting' })])).toEqual([
    { kind: 'retire', instances: ['d'] },
  ]);
  expect(back([old('a'), fresh('c')])).toEqual([{ kind: 'retire', instances: ['c'] }]);
  expect(back([old('a', { state: 'starting' }), fresh('c')])).toEqual([]);
  expect(back([fresh('c')], 1)).toEqual([]);
  expect(back([fresh('c')], 0)).toEqual([{ kind: 'retire', instances: ['c'] }]);
  expect(back([old('a'), old('b')])).toEqual([{ kind: 'returned' }]);
});
