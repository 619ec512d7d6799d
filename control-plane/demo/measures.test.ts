import { describe, expect, test } from '@jest/globals';
import type { LoadSecond } from './load-generator.ts';
import { decisionToActive, failuresBetween, percentile, rampToDecision, type RampInput } from './measures.ts';

const T = 1_000_000_000_000;
const iso = (seconds: number): string => new Date(T + seconds * 1000).toISOString();

describe('percentiles', () => {
  test('are of the nearest rank, whatever the order', () => {
    expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(percentile([5, 1, 4, 2, 3], 0.99)).toBe(5);
  });
  test('are 0 of no values', () => {
    expect(percentile([], 0.5)).toBe(0);
  });
});

test('failures count by the time at which their request was sent', () => {
  const second: LoadSecond = {
    kind: 'second',
    at: T,
    sent: 3,
    succeeded: 0,
    failures: [10, 20, 30].map((at) => ({ at, what: 'reset' })),
    latenciesMilliseconds: [],
  };
  expect(failuresBetween([second], 10, 30)).toBe(2);
});

describe('from the ramp to the decision', () => {
  const factor = { name: 'requestsInFlight', target: 5, observed: 1, forecast: null };
  /** One request in flight more each second; one instance carries five; the horizon is two seconds: the moment is second 3. */
  const input: RampInput = {
    demandAt: (at) => (at - T) / 1000,
    from: T,
    to: T + 20_000,
    snapshots: [{ at: T - 1000, active: 1, horizonSeconds: 2, factors: [factor] }],
    decisions: [{ at: iso(4), from: 1, to: 2, acted: true }],
  };
  test('counts from the moment when the demand at the horizon exceeds the capacity at target', () => {
    expect(rampToDecision(input)).toBeCloseTo(0.9, 5);
  });
  test('is negative when the decision came earlier', () => {
    expect(rampToDecision({ ...input, decisions: [{ at: iso(2), from: 1, to: 2, acted: true }] })).toBeCloseTo(-1.1, 5);
  });
  test('does not let the instances of the decision itself move the moment away', () => {
    const grown = { at: T + 2500, active: 2, horizonSeconds: 2, factors: [factor] };
    const decisions = [{ at: iso(2), from: 1, to: 2, acted: true }];
    expect(rampToDecision({ ...input, snapshots: [...input.snapshots, grown], decisions })).toBeCloseTo(-1.1, 5);
  });
  test('passes over decisions that were not acted on, or made fewer', () => {
    const decisions = [
      { at: iso(1), from: 1, to: 2, acted: false },
      { at: iso(2), from: 2, to: 1, acted: true },
    ];
    expect(rampToDecision({ ...input, decisions })).toBeNull();
  });
});

test('from a decision to its first active instance is the median over the decisions to grow', () => {
  const decision = (uid: string, at: number, from: number, to: number) => ({
    uid,
    at: iso(at),
    from,
    to,
    acted: true,
    sentence: '',
  });
  const instance = (cause: string, activeAt: number | null) => ({
    uid: `${cause}-${activeAt}`,
    state: 'ACTIVE',
    createdAt: iso(0),
    activeAt: activeAt === null ? null : iso(activeAt),
    cause,
    release: null,
  });
  const decisions = [decision('a', 10, 1, 3), decision('b', 20, 3, 4), decision('c', 30, 4, 2)];
  expect(
    decisionToActive(decisions, [
      instance('a', 12),
      instance('a', 11),
      instance('b', 23),
      instance('c', 31),
      instance('b', null),
    ]),
  ).toBe(1);
});
