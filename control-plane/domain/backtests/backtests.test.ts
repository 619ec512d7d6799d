import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { effectivePolicy } from '../autoscaling/policy-defaults.ts';
import { explainBacktest } from './explain.ts';
import { coverageOf, type RecordedPart } from './recorded-demand.ts';
import { concurrencyOf, requiredInstances } from './required.ts';
import { recordedScores } from './scores.ts';
import { simulatedPolicy } from './simulated-policy.ts';

const UNKNOWN = Number.NaN;
const CARTRIDGE = { category: 'framework', concurrency: 10 } as const;

function part(stepSeconds: number, demand: readonly number[], active: readonly number[]): RecordedPart {
  return {
    ...{ from: 0, stepSeconds },
    demand: Float32Array.from(demand),
    arrivals: Float32Array.from(demand, (value) => value * 4),
    active: Float32Array.from(active),
    starting: new Float32Array(demand.length),
  };
}

describe('what is recorded', () => {
  test('covers the seconds whose demand is known, and tells the mean time of service over all requests', () => {
    const parts = [part(60, [UNKNOWN, 7, 0], [1, 1, 1]), part(10, [3.5, UNKNOWN], [1, 1])];
    expect(coverageOf(parts)).toEqual({ seconds: 200, coveredSeconds: 130, serviceSeconds: 0.25 });
    expect(coverageOf([part(10, [0], [1])]).serviceSeconds).toBeNull();
  });

  test('is short where instances were missing, a part of the step where one came or went within it', () => {
    // 21 in flight require 3 instances that serve 10 at once.
    const parts = [part(10, [21, 21, 21, 7, UNKNOWN], [3, 2.5, 1, 2, 1])];
    expect(recordedScores(parts, 10)).toEqual({
      replicaHours: (3 + 2.5 + 1 + 2) / 360,
      shortSeconds: 15,
      thetaUnder: (100 * (0.5 / 3 + 2 / 3)) / 4,
      thetaOver: 100 / 4,
    });
  });

  test('tells nothing of instances where nobody counted them', () => {
    expect(recordedScores([part(10, [21], [UNKNOWN])], 10)).toBeNull();
    expect(recordedScores([], 10)).toBeNull();
  });
});

describe('required', () => {
  test('are so many that each carries at most 70 % of its concurrency, and never one more', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 1, max: 1000 }), (demand, c) => {
        const required = requiredInstances(demand, c);
        expect(demand / required).toBeLessThanOrEqual(0.7 * c * (1 + 1e-6));
        if (required > 1) expect(demand / (required - 1)).toBeGreaterThan(0.7 * c);
      }),
    );
    expect([requiredInstances(0, 10), requiredInstances(7, 10), requiredInstances(7.01, 10)]).toEqual([1, 1, 2]);
  });

  test('follow the declared concurrency, else the first target of requests in flight', () => {
    const load = effectivePolicy(undefined, { category: 'framework' }, 'process');
    const flight = effectivePolicy({ factors: { requestsInFlight: { target: 14 } } }, { category: 'data' }, 'process');
    expect(concurrencyOf(8, [flight])).toBe(8);
    expect(concurrencyOf(undefined, [load, flight])).toBeCloseTo(20);
    expect(concurrencyOf(undefined, [load])).toBeUndefined();
  });
});

describe('a policy', () => {
  test('of requests is simulated as it is', () => {
    const factors = { requestsInFlight: { target: 5 }, requestsPerSecond: { target: 50 } };
    const effective = effectivePolicy({ minimum: 2, factors }, CARTRIDGE, 'process');
    expect(simulatedPolicy(effective, 'it')).toEqual({ policy: effective, notes: [] });
  });

  test('says what of it is left out', () => {
    const effective = effectivePolicy({ minimum: 0, mode: 'shadow' }, CARTRIDGE, 'process');
    const { policy, notes } = simulatedPolicy(effective, 'policy calm');
    expect(policy?.factors.map(({ name }) => name)).toEqual(['requestsInFlight']);
    expect([policy?.policy.minimum, policy?.shadow]).toEqual([1, false]);
    expect(notes).toEqual([
      expect.stringContaining('policy calm is simulated without loadAverage'),
      expect.stringContaining('a minimum of 1'),
      expect.stringContaining('although its mode is shadow'),
    ]);
  });

  test('of gauges alone cannot be simulated', () => {
    const spec = { factors: { loadAverage: { target: 70 }, memory: { target: 80 } } };
    const { policy, notes } = simulatedPolicy(effectivePolicy(spec, CARTRIDGE, 'process'), 'policy calm');
    expect(policy).toBeNull();
    expect(notes).toEqual([expect.stringContaining('it scales by loadAverage and memory alone')]);
    const none = effectivePolicy({ factors: {} }, CARTRIDGE, 'process');
    expect(simulatedPolicy(none, 'it').notes).toEqual([expect.stringContaining('it has no factor')]);
  });
});

test('a result is one sentence, which says what it is about and how much of it is known', () => {
  const scores = { replicaHours: 412.34, shortSeconds: 34.4, thetaUnder: 0.1, thetaOver: 10 };
  const week = { seconds: 604_800, coveredSeconds: 580_608, serviceSeconds: 0.1, to: Date.UTC(2026, 10, 30, 10) };
  const inForce = { ...scores, replicaHours: 520 };
  const recorded = { ...scores, replicaHours: 530.2, shortSeconds: 1240 };
  expect(explainBacktest({ ...week, proposed: scores, inForce, recorded })).toBe(
    'With this policy the 7 days to 2026-11-30T10:00Z, of which 96 % are recorded, would have cost 412 replica-hours and been short for 34 s; with the policy in force 520 replica-hours and short for 34 s; what really ran was 530 replica-hours and short for 1240 s.',
  );
  const minutes = { ...week, seconds: 600, coveredSeconds: 600, inForce: null, recorded: null };
  expect(explainBacktest({ ...minutes, proposed: scores })).toBe(
    'With this policy the 10 minutes to 2026-11-30T10:00Z would have cost 412 replica-hours and been short for 34 s.',
  );
  expect(explainBacktest({ ...minutes, coveredSeconds: 5, proposed: scores })).toContain('less than 1 %');
});
