import { describe, expect, test } from '@jest/globals';
import { atEqualCost, type EqualCost } from './equal-cost.ts';
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

/** To its end. */
function found<T>(search: Generator<undefined, EqualCost<T>>): EqualCost<T> {
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
  }
}

describe('equal cost', () => {
  const priceAt = (target: number) => ({ target, replicaHours: Math.ceil(1000 / target), result: null });

  test('is found by another target', () => {
    const equal = found(atEqualCost(400, [0.5, 50], priceAt(5), priceAt));
    expect(equal.isEqual).toBe(true);
    expect(Math.abs(equal.replicaHours - 400)).toBeLessThanOrEqual(4);
  });

  test('is found within a few runs where cost falls evenly, or nearly so', () => {
    for (const power of [0.7, 1, 1.4]) {
      const targets: number[] = [];
      const price = (target: number) => {
        targets.push(target);
        return { target, replicaHours: 1000 * target ** -power, result: null };
      };
      expect(found(atEqualCost(260, [0.5, 50], price(5.6), price)).isEqual).toBe(true);
      expect(targets.length).toBeLessThanOrEqual(5);
      expect(targets.every((target) => target >= 0.5 && target <= 50)).toBe(true);
    }
  });

  test('is found where the cost falls in one place alone', () => {
    const cliff = (target: number) => ({ target, replicaHours: 100 + 200 / (1 + (target / 20) ** 40), result: null });
    const equal = found(atEqualCost(180, [0.5, 50], cliff(5), cliff));
    expect([equal.isEqual, Math.round(equal.target)]).toEqual([true, 20]);
  });

  test('is found at the target next to the own one where the cost rises again behind it', () => {
    const valley = (target: number) => ({
      target,
      replicaHours: 100 * (1 + Math.abs(Math.log(target / 8))),
      result: null,
    });
    const equal = found(atEqualCost(110, [0.5, 50], valley(5), valley));
    expect(equal.isEqual).toBe(true);
    expect(equal.target).toBeGreaterThan(7);
    expect(equal.target).toBeLessThan(8);
  });

  test('is the nearest that there is, and says so', () => {
    const coarse = (target: number) => ({ target, replicaHours: target < 3 ? 300 : 100, result: null });
    expect(found(atEqualCost(180, [0.5, 50], coarse(5), coarse))).toMatchObject({ isEqual: false, replicaHours: 100 });
  });
});
