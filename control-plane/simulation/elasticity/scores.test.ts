import { describe, expect, test } from '@jest/globals';
import { atEqualCost } from './equal-cost.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { Scoring, type RunSecond } from './scores.ts';

function score(seconds: readonly Partial<RunSecond>[]) {
  const scoring = new Scoring();
  for (const one of seconds)
    scoring.add({ required: 2, desired: 2, ready: 2, starting: 0, rate: 10, failed: 0, ...one });
  return scoring.of(new LatencyHistogram());
}

describe('the scores', () => {
  test('count what is missing and what is too much as a share of what is required, over the time', () => {
    const scores = score([{ required: 4, ready: 2 }, { required: 4, ready: 3 }, { required: 2, ready: 3 }, {}]);
    expect(scores).toMatchObject({ thetaUnder: 18.75, timeUnder: 50, thetaOver: 12.5, timeOver: 25 });
  });

  test('find instability where supply does not go with demand', () => {
    const scores = score([
      { required: 2, ready: 2 },
      { required: 3, ready: 2 },
      { required: 3, ready: 3 },
      { required: 4, ready: 4 },
      { required: 4, ready: 4 },
    ]);
    expect(scores.instability).toBeCloseTo(40, 9);
    expect(scores.jitterPerHour).toBe(0);
  });

  test('count the changes, and those against the one before within two minutes', () => {
    const wanted = [2, 3, 2, ...Array.from({ length: 121 }, () => 2), 3, 3, 4];
    expect(score(wanted.map((desired) => ({ desired })))).toMatchObject({ scaleActions: 4, reversals: 1 });
  });

  test('pay for replicas that start', () => {
    expect(score(Array.from({ length: 3600 }, () => ({ ready: 2, starting: 1 }))).replicaHours).toBe(3);
  });

  test('of nothing at all are zeros', () => {
    expect(score([])).toMatchObject({ thetaUnder: 0, failedShare: 0, replicaHours: 0, p99Milliseconds: null });
  });
});

describe('equal cost', () => {
  const priceAt = (target: number) => ({ target, replicaHours: Math.ceil(1000 / target), result: null });

  test('is found by another target', () => {
    const found = atEqualCost(400, [0.5, 50], priceAt(5), priceAt);
    expect(found.isEqual).toBe(true);
    expect(Math.abs(found.replicaHours - 400)).toBeLessThanOrEqual(4);
  });

  test('is the nearest that there is, and says so', () => {
    const coarse = (target: number) => ({ target, replicaHours: target < 3 ? 300 : 100, result: null });
    expect(atEqualCost(180, [0.5, 50], coarse(5), coarse)).toMatchObject({ isEqual: false, replicaHours: 100 });
  });
});
