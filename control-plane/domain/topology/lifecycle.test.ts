import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lifecycleOf, type LifecycleChange } from './lifecycle.ts';

const at = (second: number, to: string): LifecycleChange => ({ at: second * 1000, to, cause: null, reason: null });

test('an instance is up while it is active and reached, and down after that until it ends', () => {
  const changes = [
    at(0, 'created'),
    at(1, 'starting'),
    at(3, 'active'),
    at(10, 'unreachable'),
    at(14, 'reachable'),
    at(20, 'faulty'),
    at(25, 'active'),
    at(30, 'ready-to-shutdown'),
    at(31, 'terminated'),
  ];
  expect(lifecycleOf(changes, 100_000)).toEqual({ changes, upSeconds: 18, downSeconds: 10 });
  expect(lifecycleOf(changes.slice(0, 3), 8000)).toMatchObject({ upSeconds: 5, downSeconds: 0 });
  expect(lifecycleOf(changes.slice(0, 2), 8000)).toMatchObject({ upSeconds: 0, downSeconds: 0 });
  expect(lifecycleOf([], 8000)).toEqual({ changes: [], upSeconds: 0, downSeconds: 0 });
});

test('up and down are never more than there was time, in whatever order changes are told', () => {
  const state = fc.constantFrom('created', 'starting', 'active', 'faulty', 'unreachable', 'reachable', 'terminated');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1000), state)), fc.nat(1000), (told, now) => {
      const { upSeconds, downSeconds } = lifecycleOf(
        told.map(([second, to]) => at(second, to)),
        now * 1000,
      );
      const end = Math.max(now, ...told.map(([second]) => second));
      expect(upSeconds).toBeGreaterThanOrEqual(0);
      expect(downSeconds).toBeGreaterThanOrEqual(0);
      expect(upSeconds + downSeconds).toBeLessThanOrEqual(end);
    }),
  );
});
