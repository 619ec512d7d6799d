import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sparklinePaths } from './sparkline.ts';

const size = { width: 118, height: 22, steps: 60 };
const numbers = (path: string): number[] => path.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [];

describe('a small chart of load against capacity', () => {
  test('ends at its right edge, however short it is', () => {
    const paths = sparklinePaths(
      [
        { observed: 5, capacity: 20 },
        { observed: 10, capacity: 20 },
      ],
      size,
    );
    expect(paths.demand).toBe('M116.0 17.0L118.0 12.0');
    expect(paths.capacity).toBe('M116.0 2.0L118.0 2.0');
  });

  test('leaves a hole where nothing is known, and a dot between two holes', () => {
    const { demand } = sparklinePaths(
      [1, null, 1, null, 1, 1].map((observed) => ({ observed, capacity: null })),
      size,
    );
    expect(demand.match(/M/g)).toHaveLength(3);
    expect(demand.match(/h0\.1/g)).toHaveLength(2);
  });

  test('says nothing of nothing', () => {
    expect(sparklinePaths([{ observed: null, capacity: null }], size)).toEqual({ demand: '', capacity: '' });
    expect(sparklinePaths([], size)).toEqual({ demand: '', capacity: '' });
  });

  test('stays within its box', () => {
    const value = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.record({ observed: value, capacity: value }), { maxLength: 60 }), (points) => {
        const { demand, capacity } = sparklinePaths(points, size);
        for (const path of [demand, capacity]) {
          for (const [, x, y] of path.matchAll(/[ML](\S+) ([\d.-]+)/g)) {
            expect(Number(x)).toBeGreaterThanOrEqual(0);
            expect(Number(x)).toBeLessThanOrEqual(size.width);
            expect(Number(y)).toBeGreaterThanOrEqual(0);
            expect(Number(y)).toBeLessThanOrEqual(size.height);
          }
          expect(numbers(path).every(Number.isFinite)).toBe(true);
        }
      }),
    );
  });
});
