import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BacktestJob } from '../../app/ports/backtests.ts';
import { effectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { courseSteps } from '../../domain/backtests/course.ts';
import type { RecordedPart } from '../../domain/backtests/recorded-demand.ts';
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';
import { runBacktest } from './run.ts';
import { secondsOf } from './seconds.ts';
import { BacktestThreads } from './threads.ts';

const SERVICE_SECONDS = 0.2;

function part(demand: readonly number[], serviceSeconds: readonly number[] = [], stepSeconds = 10): RecordedPart {
  const nothing = new Float32Array(demand.length);
  return {
    ...{ from: 0, stepSeconds, demand: Float32Array.from(demand), active: nothing, starting: nothing },
    arrivals: Float32Array.from(demand, (value, step) => value / (serviceSeconds[step] ?? SERVICE_SECONDS)),
  };
}

function job(parts: readonly RecordedPart[], ...specs: readonly AutoscalingPolicySpec[]): BacktestJob {
  const policies = specs.map((spec) =>
    effectivePolicy(
      { minimum: 1, maximum: 100, factors: { requestsInFlight: { target: 7 } }, ...spec },
      { category: 'framework' },
      'process',
    ),
  );
  const steps = courseSteps(parts);
  return { parts, concurrency: 10, serviceSeconds: SERVICE_SECONDS, startSeconds: 20, policies, steps };
}

const steady = (value: number, steps: number): number[] => Array.from({ length: steps }, () => value);
/** Up and down between 5 and 95, once in an hour. */
const waves = (steps: number): number[] =>
  Array.from({ length: steps }, (_, step) => 50 - 45 * Math.cos((step / 360) * 2 * Math.PI));

describe('recorded demand', () => {
  test('second by second keeps the mean of each step, and what is not known stays so', () => {
    const value = fc.oneof(fc.constant(Number.NaN), fc.constant(0), fc.double({ min: 0, max: 1000, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), fc.constantFrom(1, 10, 60), (values, step) => {
        const { demand } = secondsOf([part(values, [], step)], SERVICE_SECONDS);
        expect(demand.length).toBe(values.length * step);
        for (const [index, expected] of Float32Array.from(values).entries()) {
          const mean = demand.subarray(index * step, (index + 1) * step).reduce((sum, one) => sum + one, 0) / step;
          if (Number.isNaN(expected)) expect(mean).toBeNaN();
          else expect(Math.abs(mean - expected)).toBeLessThanOrEqual(1e-4 * expected + 1e-30);
        }
      }),
    );
  });

  test('has the time of service of each step, and the mean where nothing came', () => {
    const { serviceSeconds } = secondsOf([part([1, 0, Number.NaN, 2], [0.5, 1, 1, 2], 1)], SERVICE_SECONDS);
    expect([...serviceSeconds]).toEqual([0.5, SERVICE_SECONDS, SERVICE_SECONDS, 2].map(Math.fround));
  });
});

/** In a thread: Jest's own contexts make each look at a global slow. */
const threads = new BacktestThreads();
afterAll(() => threads.close());
const trials = (given: BacktestJob) =>
  threads.run(given, { signal: new AbortController().signal, onProgress: () => undefined });
const tried = async (given: BacktestJob) => (await trials(given)).map(({ scores }) => scores);

describe('a backtest', () => {
  test('of a calm hour costs what is required, and is never short', async () => {
    // 21 in flight are 3 instances of 7.
    const [scores] = await tried(job([part(steady(21, 360))], {}));
    expect(scores).toMatchObject({ shortSeconds: 0, thetaUnder: 0, scaleActions: 0, reversals: 0, mostReplicas: 3 });
    expect(scores!.replicaHours).toBeCloseTo(3, 6);
  });

  test('shows what a ceiling would have cost and spared', async () => {
    const [free, capped] = await tried(job([part(waves(720))], {}, { maximum: 5 }));
    expect(free!.shortSeconds).toBeLessThan(60);
    expect(capped!.shortSeconds).toBeGreaterThan(3000);
    expect(capped!.mostReplicas).toBe(5);
    expect(capped!.replicaHours).toBeLessThan(free!.replicaHours);
    expect(capped!.thetaUnder).toBeGreaterThan(free!.thetaUnder);
  });

  test('of slower starts is short for longer', async () => {
    const given = job([part([...steady(7, 60), ...steady(70, 60)])], {});
    const [quick] = await tried({ ...given, startSeconds: 2 });
    const [slow] = await tried({ ...given, startSeconds: 90 });
    expect(slow!.shortSeconds).toBeGreaterThan(quick!.shortSeconds + 60);
  });

  test('tells a policy of requests per second as many as really came, however long they took', async () => {
    // The same demand of fewer, slower requests.
    const factors = { requestsPerSecond: { target: 5 } };
    const quick = part(steady(6, 180), steady(0.2, 180));
    const slow = part(steady(6, 180), steady(1, 180));
    const [many] = await tried({ ...job([quick], { factors }), serviceSeconds: 0.2 });
    const [few] = await tried({ ...job([slow], { factors }), serviceSeconds: 1 });
    const [mixed] = await tried({ ...job([quick, slow], { factors }), serviceSeconds: 0.5 });
    // 30 requests a second are six instances, 6 are two.
    expect([many!.mostReplicas, few!.mostReplicas]).toEqual([6, 2]);
    expect(Math.abs(mixed!.replicaHours - many!.replicaHours - few!.replicaHours)).toBeLessThan(0.3);
  });

  test('counts only what is recorded: a silence is neither load nor calm', async () => {
    const hour = waves(360);
    const whole = (await tried(job([part(hour)], {})))[0]!;
    const gap = async (steps: number) =>
      (await tried(job([part([...hour, ...steady(Number.NaN, steps), ...hour])], {})))[0]!;
    for (const steps of [1, 30, 61, 8640]) {
      const { replicaHours, shortSeconds } = await gap(steps);
      expect(Math.abs(replicaHours - 2 * whole.replicaHours)).toBeLessThan(0.2);
      expect(Math.abs(shortSeconds - 2 * whole.shortSeconds)).toBeLessThanOrEqual(30);
    }
    expect((await tried(job([part(steady(Number.NaN, 100))], {})))[0]).toEqual({
      ...{ replicaHours: 0, shortSeconds: 0, thetaUnder: 0, thetaOver: 0 },
      ...{ scaleActions: 0, reversals: 0, mostReplicas: 0 },
    });
  });

  test('tells how many instances there were in each step, and nothing of steps that are not recorded', async () => {
    const given = job([part([...steady(21, 60), ...steady(Number.NaN, 60), ...steady(70, 240)])], {});
    const [trial] = await trials(given);
    const { instances, scores } = trial!;
    expect(instances).toHaveLength(360);
    expect([...instances.subarray(0, 60)]).toEqual(steady(3, 60));
    expect(instances.subarray(60, 120).every((value) => Number.isNaN(value))).toBe(true);
    // Ten of 7 are required in the end.
    expect(instances.at(-1)).toBeGreaterThanOrEqual(10);
    const hours = instances.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value * 10), 0) / 3600;
    expect(hours).toBeCloseTo(scores.replicaHours, 3);
  });

  test('joins parts of different steps', async () => {
    const minutes = part(steady(21, 60), [], 60);
    const [scores] = await tried(job([minutes, part(steady(21, 360))], {}));
    expect(scores!.replicaHours).toBeCloseTo(6, 6);
    expect(scores!.scaleActions).toBe(0);
  });
});

describe('in a thread', () => {
  const { signal } = new AbortController();

  test('it gives the same to the digit, and tells how far it has come', async () => {
    const given = job([part(steady(21, 250))], {}, { maximum: 5 });
    const told: number[] = [];
    const found = await threads.run(given, { signal, onProgress: (share) => told.push(share) });
    expect(found).toEqual(runBacktest(given));
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  test('it ends when it is cancelled or closed, and nothing is left of it', async () => {
    const closing = new BacktestThreads();
    const month = job([part(waves(30 * 8640))], {});
    const cancelled = new AbortController();
    const running = threads.run(month, {
      signal: cancelled.signal,
      onProgress: () => cancelled.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await expect(threads.run(month, { signal: cancelled.signal, onProgress: () => undefined })).rejects.toThrow(
      'enough',
    );
    const closed = closing.run(month, { signal, onProgress: () => void closing.close() });
    await expect(closed).rejects.toThrow('the thread of the backtest ended');
    await closing.close();
  });
});
