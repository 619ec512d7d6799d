import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { follow, stepOf, trendOf, type Point, type Trend } from './trend.ts';

const point = (observed: number | null, capacity: number | null = 10): Point => ({ observed, capacity });
const told = {
  uid: 'A',
  factor: 'requestsInFlight',
  from: new Date(5_000_000).toISOString(),
  stepSeconds: 5,
  observed: Array.from({ length: 60 }, (_, index) => index),
  capacity: Array.from({ length: 60 }, () => 70),
};

describe('the trend of a service cluster', () => {
  test('begins with what the control plane tells', () => {
    const trend = trendOf(told)!;
    expect(trend.last).toBe(1_059);
    expect(trend.points).toHaveLength(60);
    expect(trend.points.at(-1)).toEqual({ observed: 59, capacity: 70 });
  });

  test('is none where the steps are of a length that it does not know', () => {
    expect(trendOf({ ...told, stepSeconds: 10 })).toBeNull();
  });

  test('holds what was so before in the steps between two changes', () => {
    const trend = follow(follow(undefined, 'load', 10, point(1)), 'load', 13, point(4));
    expect(trend.points.map(({ observed }) => observed)).toEqual([1, 1, 1, 4]);
  });

  test('takes the newest within a step', () => {
    const trend = follow(follow(undefined, 'load', 10, point(1)), 'load', 10, point(2));
    expect(trend.points).toEqual([point(2)]);
  });

  test('begins anew with another factor: their figures cannot be compared', () => {
    expect(follow(trendOf(told)!, 'loadAverage', 1_060, point(140)).points).toEqual([point(140)]);
  });

  test('is the same object where nothing has changed, so that nothing is drawn again', () => {
    const trend = trendOf(told)!;
    expect(follow(trend, trend.factor, trend.last, { observed: 59, capacity: 70 })).toBe(trend);
  });

  test('has at most sixty steps, the last of which is now, however long nothing was told and whatever the clock did', () => {
    const changes = fc.array(fc.record({ step: fc.nat(500), observed: fc.option(fc.nat(100)) }), { minLength: 1 });
    fc.assert(
      fc.property(changes, (all) => {
        let trend: Trend | undefined;
        let latest = 0;
        for (const { step, observed } of all) {
          trend = follow(trend, 'load', step, point(observed));
          latest = Math.max(latest, step);
          expect(trend.last).toBe(latest);
          expect(trend.points.at(-1)).toEqual(point(observed));
          expect(trend.points.length).toBeLessThanOrEqual(60);
        }
      }),
    );
  });
});

test('a step is five seconds', () => {
  expect([stepOf(9_999), stepOf(10_000)]).toEqual([1, 2]);
});
