/** The scalers of others against the examples and rules of their documentation. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Hpa, recommend } from './hpa.ts';
import { Kpa } from './kpa.ts';
import { largestAhead } from './oracle.ts';
import type { Sample, Scaler } from './scaler.ts';

const BOUNDS = { minimum: 1, maximum: 1000 };

function sample(end: number, inFlight: number): Sample {
  return {
    ...{ end, inFlight, waiting: 0, arrivals: 0, completions: 0, failed: 0 },
    ...{ serviceSeconds: 0, queued: 0, saturated: false, gauges: [], silent: 0 },
  };
}

/** What it wants at the end of each second, where every replica that it wants is ready at once. */
function follow(scaler: Scaler, inFlight: readonly number[], initial: number): number[] {
  let ready = initial;
  return inFlight.map((value, index) => {
    ready = scaler.decide(index + 1, [sample(index + 1, value)], {
      ready,
      starting: 0,
      failedStarting: 0,
      started: [],
    });
    return ready;
  });
}

const steady = (value: number, seconds: number): number[] => Array.from({ length: seconds }, () => value);

describe('the HorizontalPodAutoscaler', () => {
  const usage = { current: 10, ready: 10, target: 100, tolerance: 0.1 };

  test('doubles at twice the target, halves at half of it, and leaves alone what is within a tenth', () => {
    expect(recommend({ ...usage, total: 2000 })).toBe(20);
    expect(recommend({ ...usage, total: 500 })).toBe(5);
    expect(recommend({ ...usage, total: 1100 })).toBe(10);
    expect(recommend({ ...usage, total: 901 })).toBe(10);
    expect(recommend({ ...usage, total: 1101 })).toBe(12);
  });

  test('takes pods that do not report for idle where it grows, and for busy where it shrinks', () => {
    // 8 report 200 each: twice the target, but with two at nothing 1.6 times.
    expect(recommend({ ...usage, ready: 8, total: 1600 })).toBe(16);
    // 8 report 50 each: half, but with two at their target 0.6 of it.
    expect(recommend({ ...usage, ready: 8, total: 400 })).toBe(6);
    // 5 report 150 each; with five at nothing there is no reason to grow any more.
    expect(recommend({ ...usage, ready: 5, total: 750 })).toBe(10);
    expect(recommend({ ...usage, ready: 0, total: 0 })).toBe(10);
  });

  test('looks every 15 s, and grows by the larger of four pods and doubling in each', () => {
    const wanted = follow(new Hpa({ ...BOUNDS, target: 1, initial: 1 }), steady(100, 60), 1);
    expect([14, 15, 29, 30, 44, 45, 60].map((second) => wanted[second - 1])).toEqual([1, 5, 5, 10, 10, 20, 40]);
  });

  test('shrinks to the largest of what the last five minutes recommended', () => {
    const load = [...steady(10, 60), ...steady(5, 60), ...steady(1, 600)];
    const wanted = follow(new Hpa({ ...BOUNDS, target: 1, initial: 10 }), load, 10);
    expect([374, 375, 434, 435].map((second) => wanted[second - 1])).toEqual([10, 5, 5, 1]);
  });
});

describe('Knative’s pod autoscaler', () => {
  const scaler = (initial: number) => new Kpa({ ...BOUNDS, target: 10, initial });

  test('wants the mean concurrency of a minute by the target', () => {
    const wanted = follow(scaler(10), steady(100, 70), 10);
    expect(new Set(wanted)).toEqual(new Set([10]));
    const rising = follow(scaler(10), [...steady(100, 60), ...steady(160, 60)], 10);
    // Half of the minute is at the new level.
    expect([rising[89], rising[119]]).toEqual([13, 16]);
  });

  test('panics when six seconds want twice what is ready, and then never shrinks until a minute has been calm', () => {
    const load = [...steady(10, 60), ...steady(60, 10), ...steady(10, 200)];
    const wanted = follow(scaler(1), load, 1);
    // Two seconds of 60 in six make 27 on average: three pods; the panic window holds 60 soon after.
    expect(wanted[61]).toBe(3);
    expect(wanted[65]).toBe(6);
    const calmAgain = wanted.findIndex((value, second) => second > 66 && value < 6);
    expect(calmAgain).toBeGreaterThan(62 + 60);
    expect(wanted.slice(66, calmAgain).every((value) => value === 6)).toBe(true);
    expect(wanted.at(-1)).toBe(1);
  });

  test('at most halves in a tick', () => {
    const wanted = follow(scaler(40), [...steady(400, 60), ...steady(0, 120)], 40);
    expect(wanted.every((value, second) => second === 0 || value >= Math.floor(wanted[second - 1]! / 2))).toBe(true);
  });
});

test('the oracle has the largest of what will be required', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 80 }), fc.integer({ min: 1, max: 30 }), (values, seconds) => {
      const slow = values.map((_, index) => Math.max(...values.slice(index, index + seconds)));
      expect([...largestAhead(Int32Array.from(values), seconds)]).toEqual(slow);
    }),
  );
});
