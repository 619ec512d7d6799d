import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  planRollout,
  SOAK_MILLISECONDS,
  STEP_MILLISECONDS,
  type RolloutInstance,
  type RolloutStep,
  type RolloutView,
} from './plan-rollout.ts';

const OLD = 'release-1';
const NEW = 'release-2';
const NOW = 1_000_000;

function instance(uid: string, changes: Partial<RolloutInstance> = {}): RolloutInstance {
  return {
    uid,
    state: 'active',
    runs: OLD,
    takesCandidate: false,
    draining: 'none',
    drainingSince: null,
    failure: null,
    switchedAt: null,
    stateSince: 0,
    ...changes,
  };
}

function view(instances: readonly RolloutInstance[], changes: Partial<RolloutView> = {}): RolloutView {
  return {
    now: NOW,
    state: 'running',
    from: OLD,
    to: NEW,
    instances,
    wanted: instances.length,
    deadlineMilliseconds: 60_000,
    surge: 'possible',
    ...changes,
  };
}

const many = (count: number): RolloutInstance[] => Array.from({ length: count }, (_, index) => instance(`i${index}`));

const switched = {
  takesCandidate: true,
  runs: NEW,
  switchedAt: NOW - 5000,
  stateSince: NOW - SOAK_MILLISECONDS,
} as const;

describe('a roll-out forward', () => {
  test('gets one more instance first where there is only one', () => {
    expect(planRollout(view([instance('a')]))).toEqual([{ kind: 'surge' }]);
  });

  test('gets one where there is none because none is wanted, and ends when that serves', () => {
    expect(planRollout(view([]))).toEqual([{ kind: 'surge' }]);
    expect(planRollout(view([], { surge: 'refused' }))).toEqual([]);
    expect(planRollout(view([], { wanted: 1 }))).toEqual([]);
    expect(planRollout(view([instance('a', switched)], { wanted: 0, surge: 'done' }))).toEqual([{ kind: 'promote' }]);
  });

  test('drains the only one when no further one can be had', () => {
    expect(planRollout(view([instance('a')], { surge: 'refused' }))).toEqual([{ kind: 'drain', instances: ['a'] }]);
  });

  test('drains a twentieth of the instances at a time, at least one', () => {
    expect(planRollout(view(many(8)))).toEqual([{ kind: 'drain', instances: ['i0'] }]);
    expect(planRollout(view(many(40)))).toEqual([{ kind: 'drain', instances: ['i0', 'i1'] }]);
  });

  test('lets the next ones follow before the last ones serve, but not in the same moment', () => {
    const away = (since: number): RolloutInstance => instance('a', { draining: 'waiting', drainingSince: since });
    expect(planRollout(view([away(NOW - STEP_MILLISECONDS + 1), ...many(8)]))).toEqual([]);
    expect(planRollout(view([away(NOW - STEP_MILLISECONDS), ...many(8)]))).toEqual([
      { kind: 'drain', instances: ['i0'] },
    ]);
  });

  test('lets no more than a quarter be away, those included that serve for less than a moment', () => {
    const leaving = instance('a', { draining: 'waiting', drainingSince: NOW - 5000 });
    const starting = instance('b', { ...switched, state: 'starting', draining: 'drained', drainingSince: NOW - 5000 });
    const fresh = instance('c', { ...switched, stateSince: NOW - SOAK_MILLISECONDS + 1 });
    expect(planRollout(view([leaving, starting, fresh, ...many(9)]))).toEqual([]);
    expect(planRollout(view([leaving, starting, ...many(10)]))).toEqual([{ kind: 'drain', instances: ['i0'] }]);
  });

  test('waits while an instance drains and switches it once it is drained', () => {
    expect(planRollout(view([instance('a', { draining: 'waiting' }), instance('b')]))).toEqual([]);
    expect(planRollout(view([instance('a', { draining: 'drained' }), instance('b')]))).toEqual([
      { kind: 'switch', instances: ['a'] },
    ]);
  });

  test('lets a switched instance serve as soon as it is active on the candidate', () => {
    const steps = planRollout(
      view([instance('a', { ...switched, draining: 'drained', stateSince: NOW }), instance('b')]),
    );
    expect(steps).toEqual([{ kind: 'serve', instances: ['a'] }]);
  });

  test('takes the next one only after the last one was active for a moment', () => {
    const fresh = instance('a', { ...switched, stateSince: NOW - SOAK_MILLISECONDS + 1 });
    expect(planRollout(view([fresh, instance('b')]))).toEqual([]);
    expect(planRollout(view([instance('a', switched), instance('b')]))).toEqual([{ kind: 'drain', instances: ['b'] }]);
  });

  test('switches faulty instances without a drain: nothing of them is in flight', () => {
    expect(planRollout(view([instance('a', { state: 'faulty' })]))).toEqual([{ kind: 'switch', instances: ['a'] }]);
  });

  test('ends when every instance is active on the candidate', () => {
    expect(planRollout(view([instance('a', switched), instance('b', switched)]))).toEqual([{ kind: 'promote' }]);
  });

  test('returns with the reason at the first instance that fails', () => {
    const failure = { code: 'crash-loop', message: 'exited with 1 three times' };
    const steps = planRollout(view([instance('a', { takesCandidate: true, state: 'faulty', failure }), instance('b')]));
    expect(steps).toEqual([{ kind: 'return', reason: failure }]);
  });

  test('returns when a switched instance is not ready in time', () => {
    const late = instance('a', { takesCandidate: true, state: 'starting', switchedAt: NOW - 60_001 });
    expect(planRollout(view([late, instance('b')]))).toMatchObject([
      { kind: 'return', reason: { code: 'not-ready-in-time' } },
    ]);
  });
});

describe('a roll-out on its way back', () => {
  const back = (instances: readonly RolloutInstance[]): RolloutStep[] =>
    planRollout(view(instances, { state: 'returning' }));

  test('takes back at once what does not serve', () => {
    expect(back([instance('a', { takesCandidate: true, state: 'faulty' }), instance('b')])).toEqual([
      { kind: 'switch-back', instances: ['a'] },
    ]);
  });

  test('drains what serves the candidate before it goes back', () => {
    expect(back([instance('a', switched), instance('b')])).toEqual([{ kind: 'drain', instances: ['a'] }]);
    expect(back([instance('a', { ...switched, draining: 'waiting' }), instance('b')])).toEqual([]);
    expect(back([instance('a', { ...switched, draining: 'drained' }), instance('b')])).toEqual([
      { kind: 'switch-back', instances: ['a'] },
    ]);
  });

  test('is over when nobody takes the candidate and everybody serves', () => {
    expect(back([instance('a', { draining: 'drained' }), instance('b')])).toEqual([
      { kind: 'serve', instances: ['a'] },
    ]);
    expect(back([instance('a'), instance('b')])).toEqual([{ kind: 'returned' }]);
  });
});

/** A world that obeys each step perfectly, or with one release that never gets ready. */
function play(
  count: number,
  candidateWorks: boolean,
): { ended: string; leastServing: number; releases: Set<string | null> } {
  let state: 'running' | 'returning' = 'running';
  let surge: RolloutView['surge'] = 'possible';
  let instances = many(count);
  let leastServing = count;
  for (let now = NOW; now < NOW + 1_000_000; now += 1000) {
    const steps = planRollout(view(instances, { now, state, surge }));
    for (const step of steps) {
      const named = (uid: string): boolean => 'instances' in step && step.instances.includes(uid);
      if (step.kind === 'promote' || step.kind === 'returned')
        return { ended: step.kind, leastServing, releases: new Set(instances.map(({ runs }) => runs)) };
      if (step.kind === 'return') state = 'returning';
      if (step.kind === 'surge') {
        surge = 'done';
        instances = [
          ...instances,
          instance('one-more', {
            takesCandidate: true,
            switchedAt: now,
            runs: NEW,
            stateSince: now,
            state: candidateWorks ? 'active' : 'faulty',
            failure: candidateWorks ? null : { code: 'x', message: 'y' },
          }),
        ];
      }
      instances = instances.map((one) => {
        if (!named(one.uid)) return one;
        if (step.kind === 'drain') return { ...one, draining: 'drained' as const, drainingSince: now };
        if (step.kind === 'serve') return { ...one, draining: 'none' as const, drainingSince: null };
        if (step.kind === 'switch-back')
          return {
            ...one,
            takesCandidate: false,
            switchedAt: null,
            runs: OLD,
            state: 'active' as const,
            failure: null,
            stateSince: now,
            draining: 'drained' as const,
            drainingSince: now,
          };
        if (step.kind === 'switch') {
          const outcome = candidateWorks
            ? { state: 'active' as const, runs: NEW, failure: null }
            : { state: 'faulty' as const, failure: { code: 'x', message: 'y' } };
          return { ...one, ...outcome, takesCandidate: true, switchedAt: now, stateSince: now };
        }
        return one;
      });
    }
    leastServing = Math.min(
      leastServing,
      instances.filter((one) => one.state === 'active' && one.draining === 'none').length,
    );
  }
  return { ended: 'never', leastServing, releases: new Set() };
}

describe('from beginning to end', () => {
  test('every roll-out ends in one release, completely, and somebody always serves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.boolean(), (count, works) => {
        const end = play(count, works);
        expect(end.ended).toBe(works ? 'promote' : 'returned');
        expect([...end.releases]).toEqual([works ? NEW : OLD]);
        expect(end.leastServing).toBeGreaterThanOrEqual(Math.max(1, count - Math.max(1, Math.floor(count / 4))));
      }),
    );
  });
});
