import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { baseOf, learnBase, type BaseEstimate } from './base.ts';
import { decide, DECIDER_VERSION } from './decide.ts';
import { EMPTY_MEMORY, remember, type DecisionMemory } from './memory.ts';
import { effectivePolicy } from './policy-defaults.ts';
import { replay } from './replay.ts';
import { inFlight, inputOf, NOW, windowOf } from './testing/inputs.ts';

describe('the base of a factor', () => {
  const idle = (second: number, perInstance: number) => ({
    at: NOW + second * 1000,
    perInstance,
    arrivalsPerSecond: 0,
    inFlight: 0,
  });
  const learn = (values: readonly number[]) =>
    values.reduce<BaseEstimate | undefined>(
      (estimate, value, second) => learnBase(estimate, idle(second, value)),
      undefined,
    );

  test('is what instances use while nothing is asked of them', () => {
    expect(baseOf(undefined, learn(new Array<number>(30).fill(12)))).toBeCloseTo(12, 9);
  });

  test('is not believed before ten idle seconds', () => {
    expect(baseOf(undefined, learn([12, 12, 12]))).toBe(0);
    expect(baseOf(undefined, undefined)).toBe(0);
  });

  test('goes down quickly and up slowly', () => {
    const high = learn([...new Array<number>(30).fill(40), ...new Array<number>(20).fill(10)]);
    expect(baseOf(undefined, high)).toBeLessThan(11);
    const low = learn([...new Array<number>(30).fill(10), ...new Array<number>(20).fill(40)]);
    expect(baseOf(undefined, low)).toBeLessThan(12);
  });

  test('learns nothing under load, without balancers, or from the same second twice', () => {
    const known = learn(new Array<number>(30).fill(12));
    const later = idle(40, 50);
    expect(learnBase(known, { ...later, arrivalsPerSecond: 3 })).toBe(known);
    expect(learnBase(known, { ...later, inFlight: 1 })).toBe(known);
    expect(learnBase(known, { ...later, arrivalsPerSecond: null, inFlight: null })).toBe(known);
    expect(learnBase(known, idle(29, 50))).toBe(known);
  });

  test('is what the policy declares, whatever was learnt', () => {
    expect(baseOf(5, learn(new Array<number>(30).fill(12)))).toBe(5);
  });
});

describe('what one evaluation leaves to the next', () => {
  const evaluate = (memory: DecisionMemory, at: number, demand: number) => {
    const input = { ...inputOf({ factors: [inFlight(windowOf(demand, { now: at }))], wanted: 1 }), ...memory, now: at };
    return remember(memory, input, decide(input));
  };

  test('answers for the largest recommendation of any last part of the interval', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 40 }),
        fc.nat(29),
        (demands, ago) => {
          let memory = EMPTY_MEMORY;
          const recommended: number[] = [];
          for (const [index, demand] of demands.entries()) {
            const at = NOW + index * 1000;
            const input = { ...inputOf({ factors: [inFlight(windowOf(demand, { now: at }))] }), ...memory, now: at };
            const decision = decide(input);
            recommended.push(decision.recommended);
            memory = remember(memory, input, decision, false);
          }
          const since = NOW + (demands.length - 1 - ago) * 1000;
          const kept = memory.recentProposals.filter(({ at }) => at >= since).map(({ instances }) => instances);
          expect(Math.max(...kept)).toBe(Math.max(...recommended.slice(-1 - ago)));
        },
      ),
    );
  });

  test('begins the regret interval again after a gap', () => {
    let memory = evaluate(EMPTY_MEMORY, NOW, 5);
    memory = evaluate(memory, NOW + 5000, 5);
    expect(memory.proposalsSince).toBe(NOW);
    memory = evaluate(memory, NOW + 60_000, 5);
    expect(memory.proposalsSince).toBe(NOW + 60_000);
  });

  test('keeps the changes of an hour, and the last sixteen for ever', () => {
    let memory: DecisionMemory = EMPTY_MEMORY;
    for (let index = 0; index < 30; index += 1)
      memory = evaluate(memory, NOW + index * 1_200_000, index % 2 === 0 ? 45 : 95);
    expect(memory.history.length).toBeGreaterThanOrEqual(16);
    expect(memory.history.length).toBeLessThanOrEqual(17);
  });

  test('holds no change that was refused', () => {
    const input = inputOf({ factors: [inFlight(windowOf(45))] });
    expect(remember(EMPTY_MEMORY, input, decide(input), false).history).toEqual([]);
    expect(remember(EMPTY_MEMORY, input, decide(input)).history).toEqual([
      { at: NOW, from: 3, to: 5, throughput: 100 },
    ]);
  });
});

describe('computing a decision again', () => {
  const input = inputOf({ factors: [inFlight(windowOf(45))] });

  test('names the first difference', () => {
    const stored = { ...decide(input), to: 7 };
    expect(replay(input, stored)).toMatchObject({ same: false, difference: 'to: stored 7, computed 5' });
  });

  test('says when another version of the decider made it', () => {
    const stored = { ...decide(input), deciderVersion: 99 };
    expect(replay(input, stored).difference).toBe(
      `deciderVersion: it was made by version 99, this program has version ${DECIDER_VERSION}`,
    );
  });
});

describe('the effective policy', () => {
  const framework = { category: 'framework', concurrency: 10 } as const;

  test('of an application without one has the platform’s defaults', () => {
    expect(effectivePolicy(undefined, framework, 'process')).toMatchObject({
      policy: { minimum: 1, maximum: 10, windowSeconds: 60 },
      factors: [
        { name: 'requestsInFlight', target: 7 },
        { name: 'loadAverage', target: 70 },
      ],
      horizonSeconds: undefined,
      shadow: false,
    });
    expect(effectivePolicy(undefined, framework, 'kubernetes').policy.minimum).toBe(2);
  });

  test('has no requests in flight where no concurrency is declared', () => {
    const { factors } = effectivePolicy(undefined, { category: 'framework', concurrency: undefined }, 'process');
    expect(factors.map(({ name }) => name)).toEqual(['loadAverage']);
  });

  test('lets only the factors take part that it names', () => {
    const { factors } = effectivePolicy({ factors: { memory: { target: 80, base: 30 } } }, framework, 'process');
    expect(factors).toEqual([{ name: 'memory', target: 80, base: 30 }]);
  });

  test('moves a default bound out of the way of a given one', () => {
    expect(effectivePolicy({ minimum: 20 }, framework, 'process').policy).toMatchObject({ minimum: 20, maximum: 20 });
    expect(effectivePolicy({ maximum: 1 }, framework, 'kubernetes').policy).toMatchObject({ minimum: 1, maximum: 1 });
  });

  test('does not multiply databases and load balancers unless somebody says so', () => {
    const data = { category: 'data', concurrency: undefined } as const;
    expect(effectivePolicy(undefined, data, 'kubernetes').policy).toMatchObject({ minimum: 1, maximum: 1 });
    expect(effectivePolicy({ maximum: 3 }, data, 'process').policy).toMatchObject({ minimum: 1, maximum: 3 });
  });

  test('completes rates that are given in part', () => {
    const { policy } = effectivePolicy({ scaleDown: { regretSeconds: 120 } }, framework, 'process');
    expect(policy.scaleDown).toEqual({ maximumInstances: 4, periodSeconds: 10, regretSeconds: 120 });
  });
});
