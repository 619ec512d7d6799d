/** The decider of production where something goes wrong: what it must do, and not how well. */
import { describe, expect, test } from '@jest/globals';
import { effectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { explain } from '../../domain/autoscaling/explain.ts';
import { requiredOf, run, type Conditions, type LabSecond } from './run.ts';
import { FluidPlant } from './fluid-plant.ts';
import { RequestPlant } from './request-plant.ts';
import { Cartwright } from './scalers/cartwright.ts';
import { CALM, hasAgents, type Scenario } from './scenario.ts';
import { DEFAULT_SERVICE, DEFAULT_START, nominalInFlight } from './workload.ts';

interface Told extends LabSecond {
  /** The decision that was made at the end of this second. */
  readonly clamps: readonly string[];
  readonly sentence: string;
}

/** What the decider did on a load, second by second. Nobody keeps it from growing. */
function follow(
  rates: readonly number[],
  scenario: Partial<Scenario>,
  conditions: Partial<Conditions> = {},
  declaredWarmUpSeconds = scenario.startCostSeconds ?? 0,
): Told[] {
  const trace = { name: 'x', stepSeconds: 1, rates: Float64Array.from(rates) };
  const service = conditions.service ?? DEFAULT_SERVICE;
  const all: Conditions = {
    ...{ service, start: DEFAULT_START, telemetryDelaySeconds: 1, telemetryNoise: 0.05, isFluid: false, seed: 1 },
    ...conditions,
    scenario: { ...CALM, ...scenario },
  };
  const requests = { requestsInFlight: { target: nominalInFlight(service) } };
  const factors = hasAgents(all.scenario) ? { ...requests, loadAverage: { target: 70 } } : requests;
  const spec = { minimum: 1, maximum: 10_000, factors };
  const policy = effectivePolicy(spec, { category: 'framework', concurrency: service.concurrency }, 'kubernetes');
  const required = requiredOf(trace, service);
  const seconds: LabSecond[] = [];
  const decisions: { clamps: readonly string[]; sentence: string }[] = [];
  const scaler = new Cartwright({
    policy,
    initial: required[0]!,
    declaredStartSeconds: all.start.seconds,
    declaredWarmUpSeconds,
    onDecision: (decision, input) =>
      decisions.push({ clamps: decision.clamps.map(({ code }) => code), sentence: explain(decision, input) }),
  });
  run({ trace, required }, scaler, all, (second) => seconds.push(second));
  return seconds.map((second, index) => ({ ...second, ...decisions[index]! }));
}

/** Noise alone makes it want some more than is required; a run-away goes on. */
const RUN_AWAY = 4;

/** As {@link follow}, of a cartridge whose start-up work nobody declared. */
const followUndeclared = (rates: readonly number[], startCostSeconds: number): Told[] =>
  follow(rates, { startCostSeconds }, {}, 0);

const steady = (rate: number, seconds: number): number[] => Array.from({ length: seconds }, () => rate);
const most = (seconds: readonly Told[]): number => Math.max(...seconds.map(({ desired }) => desired));
const least = (seconds: readonly Told[]): number => Math.min(...seconds.map(({ desired }) => desired));

test.each([1, 2, 3, 4, 5])('the first minutes of a calm load are no rise, seed %p', (seed) => {
  const seconds = follow(steady(200, 150), {}, { seed });
  expect(most(seconds)).toBeLessThanOrEqual(2 * seconds[0]!.required);
});

describe('starts that fail', () => {
  test('are begun again, and lead to no run-away', () => {
    const seconds = follow([...steady(200, 100), ...steady(600, 400)], { failingStarts: 0.5 });
    expect(seconds.at(-1)!.ready).toBeGreaterThanOrEqual(seconds.at(-1)!.required);
    expect(most(seconds)).toBeLessThan(RUN_AWAY * seconds.at(-1)!.required);
  });

  test('all of them leave what there is, and what is asked for does not grow without end', () => {
    const seconds = follow([...steady(200, 100), ...steady(240, 400)], { failingStarts: 1 });
    expect(seconds.at(-1)!.ready).toBe(seconds[0]!.ready);
    expect(most(seconds)).toBeLessThan(RUN_AWAY * seconds.at(-1)!.required);
    expect(seconds.some(({ sentence }) => sentence.includes('failed to start'))).toBe(true);
  });
});

describe('agents that fall silent', () => {
  test.each([0.1, 0.5, 0.9])('lead to no run-away, and to no shortage, a share of %p', (silentAgents) => {
    const seconds = follow(steady(200, 500), { silentAgents });
    expect(most(seconds)).toBeLessThan(RUN_AWAY * seconds[0]!.required);
    expect(least(seconds)).toBeGreaterThanOrEqual(seconds[0]!.required);
  });
});

test('instances that fail fast look idle, and none of them goes while they do', () => {
  const seconds = follow(steady(200, 500), { failFast: [{ from: 200, to: 500 }] });
  expect(least(seconds.slice(203))).toBeGreaterThanOrEqual(seconds[199]!.desired);
  expect(seconds[400]!.clamps).toContain('errors-high');
  expect(seconds[400]!.sentence).toContain('of requests fail');
  expect(seconds[400]!.failed).toBeGreaterThan(100);
});

describe('start-up work that looks like load', () => {
  test.each([30, 120])('leads to no run-away where the load is steady, %p s of it', (seconds) => {
    const told = followUndeclared(steady(200, 500), seconds);
    expect(most(told)).toBeLessThan(2 * told[0]!.required + 2);
  });

  test('leads to no run-away when the load doubles', () => {
    const told = followUndeclared([...steady(200, 200), ...steady(400, 500)], 60);
    expect(most(told)).toBeLessThan(6 * told.at(-1)!.required);
    expect(told.at(-1)!.desired).toBeLessThan(2 * told.at(-1)!.required);
  });
});

describe('one backend behind all instances', () => {
  const BACKEND = { backendCapacity: 40 };

  test.each([
    ['half as much again as it can serve', 600],
    ['a little more than it can serve', 420],
  ])('growth stops, and it is said why: %s', (_, rate) => {
    const seconds = follow([...steady(200, 200), ...steady(rate, 1150)], BACKEND);
    expect(most(seconds)).toBeLessThan(RUN_AWAY * seconds.at(-1)!.required);
    // One attempt, after ten minutes.
    expect(most(seconds.slice(700))).toBeLessThanOrEqual(Math.ceil(1.1 * most(seconds.slice(0, 700))));
    expect(seconds.at(-1)!.clamps).toContain('no-gain');
    expect(seconds.at(-1)!.sentence).toContain('the bottleneck is elsewhere');
  });

  test('growth goes on where that serves all', () => {
    const seconds = follow([...steady(200, 200), ...steady(380, 400)], BACKEND);
    expect(seconds.some(({ clamps }) => clamps.includes('no-gain'))).toBe(false);
    expect(seconds.at(-1)!.ready).toBeGreaterThanOrEqual(seconds.at(-1)!.required);
  });

  test('growth goes on without a backend, however far behind the instances are', () => {
    const seconds = follow([...steady(50, 100), ...steady(2000, 200)], {});
    expect(seconds.some(({ clamps }) => clamps.includes('no-gain'))).toBe(false);
    expect(seconds.at(-1)!.ready).toBeGreaterThanOrEqual(seconds.at(-1)!.required);
  });
});

describe('the plant', () => {
  const plant = (scenario: Partial<Scenario>, start = { seconds: 5, jitter: 0 }) =>
    new RequestPlant({
      ...{ service: { ...DEFAULT_SERVICE, shape: 0 }, start, scenario: { ...CALM, ...scenario }, initial: 1, seed: 1 },
    });

  test('begins starts that failed again after a while', () => {
    const failing = plant({ failingStarts: 1 });
    failing.scaleTo(3);
    const counts = Array.from({ length: 22 }, () => failing.step(0)).map(({ ready, starting, failedStarting }) => [
      ready,
      starting,
      failedStarting,
    ]);
    expect([counts[3], counts[6], counts[16], counts[21]]).toEqual([
      [1, 2, 0],
      [1, 2, 2],
      [1, 2, 0],
      [1, 2, 2],
    ]);
    failing.scaleTo(1);
    expect(failing.step(0)).toMatchObject({ ready: 1, starting: 0, failedStarting: 0 });
  });

  test('takes twice as long for a request while a replica has its own work', () => {
    const warming = plant({ startCostSeconds: 30 });
    warming.scaleTo(50);
    for (let second = 0; second < 6; second += 1) warming.step(0);
    // One of fifty has no work of its own; the others serve the rest.
    const { serving, warming: count } = warming.step(100);
    expect(count).toBe(49);
    expect(serving / 100).toBeGreaterThan(0.15);
    for (let second = 0; second < 30; second += 1) warming.step(0);
    expect(warming.step(100)).toMatchObject({ warming: 0 });
  });

  test('gets no more out of its backend than that serves, however many replicas there are', () => {
    const backed = plant({ backendCapacity: 4 });
    backed.scaleTo(20);
    let [completions, serving] = [0, 0];
    for (let second = 0; second < 60; second += 1) {
      const happened = backed.step(50);
      if (second >= 40)
        [completions, serving] = [completions + happened.completions / 20, serving + happened.serving / 20];
    }
    // Four by a tenth of a second are 40 a second; what waits waits in the replicas.
    expect(completions).toBeLessThanOrEqual(40.5);
    expect(serving).toBeGreaterThan(20);
  });

  test('answers at once and with an error while it fails fast', () => {
    for (const failing of [
      plant({ failFast: [{ from: 1, to: 2 }] }),
      new FluidPlant({
        ...{ service: DEFAULT_SERVICE, start: DEFAULT_START, initial: 1, seed: 1 },
        scenario: { ...CALM, failFast: [{ from: 1, to: 2 }] },
      }),
    ]) {
      const [before, during, after] = [failing.step(40), failing.step(40), failing.step(40)];
      expect([before.failed, during.failed, after.failed]).toEqual([0, during.arrivals, 0]);
      expect(during.serving).toBeLessThan(before.serving);
    }
  });
});
