import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClusterWindows } from '../forecasting/windows.ts';
import { decide } from './decide.ts';
import { EMPTY_MEMORY, remember, type DecisionMemory } from './memory.ts';
import { Learnt } from './learnt.ts';
import { observe } from './observe.ts';
import { effectivePolicy } from './policy-defaults.ts';
import { reversals, runPlant, type PlantSecond } from './testing/plant.ts';

/** Requests per second that one instance carries at target: 0.7 × 8 at once, 0.1 s each. */
const ONE = 56;
const framework = { category: 'framework', concurrency: 8 } as const;
const ofTwenty = effectivePolicy({ maximum: 20 }, framework, 'process');

const wantedAt = (log: readonly PlantSecond[], second: number) => log[second]!.decision.acted;
const most = (log: readonly PlantSecond[]) => Math.max(...log.map(({ decision }) => decision.acted));
const queueSeconds = (log: readonly PlantSecond[]) => log.filter(({ queued }) => queued > 0).length;
const ramp = (from: number, to: number, at: number, seconds: number) => (second: number) =>
  ONE * (from + (to - from) * Math.min(1, Math.max(0, (second - at) / seconds)));

describe('the closed loop', () => {
  test('decides on a ramp from 1 to 10 instances before anything is saturated', () => {
    const log = runPlant({ seconds: 200, rate: ramp(0.8, 9.5, 70, 60) });
    const firstGrowth = log.find(({ decision }) => decision.outcome === 'scale-up')!;
    const firstSaturation = log.find(({ queued }) => queued > 0)?.second ?? Number.POSITIVE_INFINITY;
    expect(firstGrowth.second).toBeLessThanOrEqual(73);
    expect(firstGrowth.second).toBeLessThan(firstSaturation);
    expect(queueSeconds(log)).toBeLessThanOrEqual(1);
    expect(most(log)).toBe(10);
  });

  test('follows a steep ramp to 12 instances, with little waiting', () => {
    const log = runPlant({ seconds: 150, initial: 2, rate: ramp(1.5, 11.5, 60, 25), policy: ofTwenty });
    expect(wantedAt(log, 90)).toBeGreaterThanOrEqual(12);
    expect(most(log)).toBeLessThanOrEqual(15);
    expect(queueSeconds(log)).toBeLessThanOrEqual(4);
  });

  test('decides on a step within two seconds and overshoots no more than the rate limit lets it', () => {
    const log = runPlant({
      seconds: 240,
      initial: 5,
      rate: (second) => ONE * (second < 80 ? 2.5 : 10),
      policy: ofTwenty,
    });
    const first = log.find(({ second, decision }) => second >= 80 && decision.outcome === 'scale-up')!;
    expect(first.second).toBeLessThanOrEqual(81);
    expect(wantedAt(log, 82)).toBeGreaterThanOrEqual(10);
    expect(most(log)).toBeLessThanOrEqual(15);
    expect(wantedAt(log, 239)).toBeLessThanOrEqual(12);
  });

  test('goes back down within a minute after the load fell, and all the way once its forecasts have been right for a while', () => {
    const log = runPlant({ seconds: 900, initial: 9, rate: (second) => ONE * (second < 80 ? 8 : 0.7) });
    expect(wantedAt(log, 105)).toBeGreaterThan(1);
    expect(wantedAt(log, 140)).toBeLessThanOrEqual(3);
    expect(wantedAt(log, 899)).toBe(1);
    expect(reversals(log)).toBe(0);
  });

  test('answers a spike of three seconds at once and only once', () => {
    const log = runPlant({ seconds: 900, initial: 2, rate: (second) => ONE * (second >= 80 && second < 83 ? 6 : 1.5) });
    expect(wantedAt(log, 82)).toBeGreaterThanOrEqual(6);
    expect(wantedAt(log, 239)).toBeLessThanOrEqual(3);
    expect(wantedAt(log, 899)).toBe(2);
    expect(reversals(log)).toBe(1);
  });

  test.each([0.5, 1.5, 3.5, 7.5])('does not flap on Poisson arrivals for %d instances', (load) => {
    const runs = [1, 2, 3, 4].map((seed) =>
      runPlant({ seconds: 1800, initial: Math.ceil(load), seed, rate: () => ONE * load }),
    );
    const perHour = runs.reduce((sum, log) => sum + reversals(log), 0) / 2;
    expect(perHour).toBeLessThanOrEqual(6);
    for (const log of runs) {
      expect(most(log)).toBeLessThanOrEqual(Math.ceil(load * 1.5) + 1);
      expect(queueSeconds(log)).toBe(0);
    }
  });

  test('starts more slowly started instances earlier', () => {
    const log = runPlant({ seconds: 260, initial: 3, startSeconds: 20, rate: ramp(2.5, 8, 70, 120) });
    expect(log.find(({ decision }) => decision.outcome === 'scale-up')!.second).toBeLessThanOrEqual(74);
    expect(queueSeconds(log)).toBe(0);
  });

  test('settles constant work of load average, idle load included, below the maximum', () => {
    const policy = effectivePolicy({ factors: { loadAverage: { target: 70 } }, maximum: 30 }, framework, 'process');
    for (const idleLoad of [0, 15, 40, 55]) {
      const log = runPlant({ seconds: 900, rate: () => 200, loadPerRequest: 1, idleLoad, policy });
      const end = log.slice(-300).map(({ decision }) => decision.acted);
      // It never grows again; what goes late is what the errors of the beginning still kept.
      expect(end).toEqual(end.toSorted((a, b) => b - a));
      expect(end.at(-1)).toBeGreaterThanOrEqual(Math.floor(200 / (70 - idleLoad) / 1.1));
      expect(most(log)).toBeLessThan(30);
    }
  });

  test('needs no more than the work needs when the idle load is declared', () => {
    const policy = effectivePolicy(
      { factors: { loadAverage: { target: 70, base: 40 } }, maximum: 30 },
      framework,
      'process',
    );
    const log = runPlant({ seconds: 600, rate: () => 200, loadPerRequest: 1, idleLoad: 40, policy });
    expect(log.at(-1)!.decision.acted).toBeGreaterThanOrEqual(7);
    expect(log.at(-1)!.decision.acted).toBeLessThanOrEqual(8);
  });

  test('learns the idle load while nothing is asked, and does not start an instance for it', () => {
    const policy = effectivePolicy({ factors: { loadAverage: { target: 70 } } }, framework, 'process');
    const log = runPlant({ seconds: 300, initial: 4, rate: () => 0, loadPerRequest: 1, idleLoad: 50, policy });
    expect(log.at(-1)!.bases[0]).toBeCloseTo(50, 0);
    expect(log.at(-1)!.decision.acted).toBe(1);
  });

  test.each([
    [20, 300],
    [60, 100],
    [90, 0],
    [79, 5],
  ])('settles memory of %d %% idle and %d %% of work, far below the maximum', (idle, work) => {
    const policy = effectivePolicy({ factors: { memory: { target: 80 } }, maximum: 50 }, framework, 'process');
    const log = runPlant({ seconds: 1800, rate: () => 20, memory: { idle, work }, policy });
    const end = log.slice(-600).map(({ decision }) => decision.acted);
    expect(new Set(end).size).toBe(1);
    expect(end[0]).toBeLessThanOrEqual(12);
    expect(reversals(log)).toBeLessThanOrEqual(1);
  });

  test('sees saturation as saturation: overload that is capped by the capacity still asks for all that is needed', () => {
    const log = runPlant({ seconds: 120, initial: 1, rate: (second) => ONE * (second < 60 ? 0.7 : 8), queueLimit: 20 });
    expect(wantedAt(log, 61)).toBeGreaterThanOrEqual(8);
    expect(log[59]!.decision.proposals[0]!.saturated).toBe(false);
    expect(log[63]!.decision.proposals[0]!.saturated).toBe(true);
  });
});

describe('no order of messages', () => {
  const EPOCH = 1_700_000_000_000;
  const message = fc.record({
    second: fc.integer({ min: 0, max: 119 }),
    delay: fc.integer({ min: 0, max: 20 }),
    instance: fc.nat(3),
    copies: fc.integer({ min: 1, max: 2 }),
  });

  test('makes constant demand run away', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 50, maxLength: 400 }),
        fc.integer({ min: 1, max: 4 }),
        (messages, instances) => {
          const policy = effectivePolicy(
            { maximum: 100, factors: { loadAverage: { target: 70 } } },
            framework,
            'process',
          );
          const windows = new ClusterWindows();
          for (let index = 0; index < instances; index += 1) windows.setInstanceState(`i${index}`, 'active', EPOCH);
          const arrivals = messages
            .flatMap((entry) => new Array<typeof entry>(entry.copies).fill(entry))
            .toSorted((a, b) => a.second + a.delay - b.second - b.delay);
          let memory: DecisionMemory = EMPTY_MEMORY;
          let wanted = instances;
          let next = 0;
          for (let second = 0; second < 150; second += 1) {
            const now = EPOCH + second * 1000 + 900;
            for (; next < arrivals.length && arrivals[next]!.second + arrivals[next]!.delay <= second; next += 1) {
              const { instance, second: of } = arrivals[next]!;
              windows.observeGauge(`i${instance}`, 'loadAverage', EPOCH + of * 1000 + 500, 60, now);
            }
            const input = observe(
              windows,
              policy,
              {
                now,
                key: 'acme/shop/php',
                wanted,
                instances: { active: instances, starting: 0, failedStarting: 0, unreachable: 0 },
                override: null,
                paused: false,
                frozen: null,
                silenced: false,
                shadow: false,
                quota: 1000,
                room: 1000,
                startSeconds: [5],
                declaredStartSeconds: 5,
                reportIntervalSeconds: 1,
              },
              memory,
              new Learnt(),
            );
            const decision = decide(input);
            memory = remember(memory, input, decision);
            wanted = decision.acted;
            expect(wanted).toBeLessThanOrEqual(instances + 1);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
