import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { releasesBefore, type PastRollout } from './release-before.ts';

/** `1>2` a roll-out that succeeded, `1>2!` one that returned, `>1` the first. */
function history(text: string): PastRollout[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [, from, to, failed] = /^(\d*)>(\d+)(!?)$/.exec(word)!;
      return { from: from === '' ? null : from!, to: to!, state: failed === '!' ? 'returned' : 'succeeded' };
    });
}

describe('the releases before the one that runs', () => {
  test.each([
    ['none where there is one', '>1', '1', ''],
    ['the one before', '>1 1>2 2>3', '3', '2 1'],
    ['not one whose roll-out returned', '>1 1>2 2>3! 2>4', '4', '2 1'],
    ['not one that only waited', '>1 1>3', '3', '1'],
    ['after a rollback, the one before that', '>1 1>2 2>3 3>2', '2', '1'],
    ['what was left by a rollback is not come back to', '>1 1>2 2>3 3>1 1>4', '4', '1'],
    ['forward again is a release like any other', '>1 1>2 2>3 3>1 1>3', '3', '1'],
    ['none below the oldest', '>1 1>2 2>1', '1', ''],
    ['not a first one that never got ready', '>1! 1>2 2>3', '3', '2'],
    ['a first one that got ready by a later attempt', '>1! 1>2 2>1 1>3', '3', '1 2'],
    ['of a history whose beginning is gone', '5>6 6>7! 6>8', '8', '6 5'],
    ['of returned ones alone', '5>6! 5>7!', '5', ''],
    ['of none', '', '1', ''],
  ])('%s', (_name, rollouts, stable, expected) => {
    expect(releasesBefore(history(rollouts), stable).join(' ')).toBe(expected);
  });

  test('whatever happened, they were live, are not the present one, and one rollback after another meets each once', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('deploy' as const), succeeds: fc.boolean() }),
      fc.record({ kind: fc.constant('wait' as const) }),
      fc.record({ kind: fc.constant('back' as const), to: fc.nat(30), succeeds: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const rollouts: PastRollout[] = [{ from: null, to: '1', state: 'succeeded' }];
        const live = new Set(['1']);
        let [newest, stable] = [1, '1'];
        const rollOut = (to: string, succeeds: boolean): void => {
          if (to === stable) return;
          rollouts.push({ from: stable, to, state: succeeds ? 'succeeded' : 'returned' });
          if (!succeeds) return;
          live.add(to);
          stable = to;
        };
        for (const each of steps) {
          if (each.kind === 'back') rollOut(String(1 + (each.to % newest)), each.succeeds);
          else newest += 1;
          if (each.kind === 'deploy') rollOut(String(newest), each.succeeds);
        }
        const before = releasesBefore(rollouts, stable);
        expect(before).not.toContain(stable);
        expect(new Set(before).size).toBe(before.length);
        for (const release of before) expect(live).toContain(release);
        // A rollback to the nearest leaves the rest as they are.
        if (before.length > 0) {
          rollOut(before[0]!, true);
          expect(releasesBefore(rollouts, stable)).toEqual(before.slice(1));
        }
        // A deployment puts the present one before the new one.
        const present = stable;
        rollOut('new', true);
        expect(releasesBefore(rollouts, stable)[0]).toBe(present);
      }),
      { numRuns: 1000 },
    );
  });
});
