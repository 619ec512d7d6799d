/** The plant against queueing theory where it has closed forms, and both plants against each other. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FluidPlant } from './fluid-plant.ts';
import type { PlantSecond } from './plant.ts';
import { CALM } from './scenario.ts';
import { RequestPlant } from './request-plant.ts';
import { DEFAULT_SERVICE, requiredReplicas, type ServiceModel } from './workload.ts';

const START = { seconds: 20, jitter: 0 };
const PATIENT: ServiceModel = { ...DEFAULT_SERVICE, queueLimit: 1_000_000, timeoutSeconds: 1e9 };

function means(service: ServiceModel, replicas: number, rate: number, seconds: number, seed = 1) {
  const plant = new RequestPlant({ service, start: START, scenario: CALM, initial: replicas, seed });
  const sum = { arrivals: 0, completions: 0, failed: 0, serving: 0, waiting: 0 };
  for (let t = 0; t < seconds; t += 1) {
    const second = plant.step(rate);
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += second[key];
  }
  return { ...sum, serving: sum.serving / seconds, waiting: sum.waiting / seconds, latencies: plant.latencies };
}

/** Share refused of a load of `erlangs` on `servers` without a queue; A. K. Erlang, 1917. */
function erlangB(servers: number, erlangs: number): number {
  let blocked = 1;
  for (let server = 1; server <= servers; server += 1) blocked = (erlangs * blocked) / (server + erlangs * blocked);
  return blocked;
}

describe('request by request', () => {
  test.each([0, 0.5, 1])('as many are served as Little’s law says, shape %p', (shape) => {
    const { serving, waiting } = means({ ...PATIENT, shape }, 20, 500, 200);
    expect(serving).toBeGreaterThan(49);
    expect(serving).toBeLessThan(51);
    expect(waiting).toBeLessThan(0.01);
  });

  test.each([0, 0.5, 1])(
    'without a queue Erlang’s share is refused, whatever the times of service are, shape %p',
    (shape) => {
      const { failed, arrivals } = means({ ...PATIENT, queueLimit: 0, shape }, 2, 140, 1500);
      const share = failed / arrivals;
      expect(share / erlangB(16, 14)).toBeGreaterThan(0.95);
      expect(share / erlangB(16, 14)).toBeLessThan(1.05);
    },
  );

  test.each([0, 0.5, 1])('behind one server as many wait as Pollaczek and Khinchine say, shape %p', (shape) => {
    // Lq = λ²·E[S²] / (2·(1 − ρ)), with E[S²] = m²·exp(σ²) of a lognormal time of mean m and shape σ.
    const [rate, mean] = [7, 0.1];
    const { waiting } = means({ ...PATIENT, concurrency: 1, meanSeconds: mean, shape }, 1, rate, 30_000);
    const expected = (rate * rate * mean * mean * Math.exp(shape * shape)) / (2 * (1 - rate * mean));
    expect(waiting / expected).toBeGreaterThan(0.93);
    expect(waiting / expected).toBeLessThan(1.07);
  });

  test('the quantiles of an idle plant are those of the time of service', () => {
    const { latencies } = means({ ...PATIENT, shape: 0.5 }, 40, 200, 300);
    // Of a lognormal time: exp(μ + 2.326·σ) at 99 %, μ = ln m − σ²/2.
    const location = Math.log(0.1) - 0.125;
    expect(latencies.quantile(0.5)! / Math.exp(location)).toBeCloseTo(1, 1);
    expect(latencies.quantile(0.99)! / Math.exp(location + 2.326 * 0.5)).toBeCloseTo(1, 1);
  });

  test('a part of the time of service that is always the same leaves its mean, and is the least of it', () => {
    const service = { ...PATIENT, concurrency: 1, meanSeconds: 0.15, locationSeconds: 0.08, shape: 0.4 };
    const { latencies, serving } = means(service, 60, 100, 200);
    expect(serving / 15).toBeGreaterThan(0.98);
    expect(serving / 15).toBeLessThan(1.02);
    expect(latencies.quantile(0)!).toBeGreaterThan(0.08);
    expect(latencies.within(0.08)).toBe(0);
    // 0.08 + median of the rest, 0.07·exp(−σ²/2).
    expect(latencies.quantile(0.5)! / (0.08 + 0.07 * Math.exp(-0.08))).toBeCloseTo(1, 1);
  });

  test('every request ends in one way, or is there still', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ rate: fc.nat(400), replicas: fc.integer({ min: 1, max: 6 }) }), { maxLength: 60 }),
        fc.integer(),
        (steps, seed) => {
          const service = { ...DEFAULT_SERVICE, queueLimit: 40, timeoutSeconds: 0.4 };
          const plant = new RequestPlant({
            service,
            start: { seconds: 3, jitter: 0.5 },
            scenario: CALM,
            initial: 2,
            seed,
          });
          let [arrived, ended] = [0, 0];
          let last: PlantSecond | undefined;
          for (const { rate, replicas } of steps) {
            last = plant.step(rate);
            arrived += last.arrivals;
            ended += last.completions + last.failed;
            expect(last.queued).toBeLessThanOrEqual(40);
            plant.scaleTo(replicas);
          }
          for (let quiet = 0; quiet < 30; quiet += 1) {
            last = plant.step(0);
            ended += last.completions + last.failed;
          }
          expect([ended, last!.queued]).toEqual([arrived, 0]);
          expect(last!.ready + last!.starting).toBe(steps.at(-1)?.replicas ?? 2);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('the same seed is the same run, and another one another', () => {
    const of = (seed: number) => means(DEFAULT_SERVICE, 3, 200, 30, seed);
    expect(of(7)).toEqual(of(7));
    expect(of(7).completions).not.toBe(of(8).completions);
  });
});

describe('as a fluid', () => {
  test('what is beyond the capacity waits, and fails once it would wait too long', () => {
    const plant = new FluidPlant({ service: DEFAULT_SERVICE, start: START, scenario: CALM, initial: 1, seed: 1 });
    expect(plant.step(80)).toMatchObject({ completions: 80, queued: 0, failed: 0, serving: 8 });
    expect(plant.step(100)).toMatchObject({ completions: 80, queued: 20, failed: 0 });
    for (let t = 0; t < 30; t += 1) plant.step(200);
    // 80 a second for the 4.9 s that are left of the timeout.
    const overload = plant.step(200);
    expect(overload.queued).toBeCloseTo(392, 9);
    expect(overload.completions + overload.failed).toBeCloseTo(200, 9);
  });

  test('replicas that are asked for serve when they have started, and those that start are given up first', () => {
    const plant = new FluidPlant({ service: DEFAULT_SERVICE, start: START, scenario: CALM, initial: 2, seed: 1 });
    plant.scaleTo(5);
    const counts = Array.from({ length: 22 }, () => plant.step(0)).map(({ ready, starting }) => [ready, starting]);
    expect(counts[0]).toEqual([2, 3]);
    expect(counts[19]).toEqual([2, 3]);
    expect(counts[20]).toEqual([5, 0]);
    plant.scaleTo(7);
    plant.scaleTo(4);
    expect(plant.step(0)).toMatchObject({ ready: 4, starting: 0 });
  });

  test('agrees with many small requests', () => {
    const service = { ...DEFAULT_SERVICE, shape: 0 };
    const [fluid, requests] = [FluidPlant, RequestPlant].map((Plant) => {
      const plant = new Plant({ service, start: START, scenario: CALM, initial: 10, seed: 3 });
      let failed = 0;
      for (let t = 0; t < 200; t += 1) failed += plant.step(t < 100 ? 700 : 1000).failed;
      return failed;
    });
    expect(requests! / fluid!).toBeGreaterThan(0.9);
    expect(requests! / fluid!).toBeLessThan(1.1);
  });
});

test('required is the least number that carries the rate at 70 % of eight', () => {
  expect([0, 56, 57, 112, 560].map((rate) => requiredReplicas(rate, DEFAULT_SERVICE))).toEqual([1, 1, 2, 2, 10]);
});
