/**
 * What one decision costs: reading the full windows of a service cluster, forecast, proposals, clamps, and what is kept for the next
 * decision, as the control plane does each second; and how long 10,000 service clusters take. The reference is JSON.parse of a
 * sample of 225 bytes, so that machines can be compared.
 */
import { decide as decideOnce } from '../../control-plane/domain/autoscaling/decide.ts';
import type { Decision, DecisionInput } from '../../control-plane/domain/autoscaling/decision.ts';
import { EMPTY_MEMORY, remember, type DecisionMemory } from '../../control-plane/domain/autoscaling/memory.ts';
import { Learnt } from '../../control-plane/domain/autoscaling/learnt.ts';
import { observe } from '../../control-plane/domain/autoscaling/observe.ts';
import { effectivePolicy } from '../../control-plane/domain/autoscaling/policy-defaults.ts';
import { ClusterWindows } from '../../control-plane/domain/forecasting/windows.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { percentileOfSorted } from './statistics.ts';

const EPOCH = 1_700_000_000_000;
const INSTANCES = 5;
const POLICY = effectivePolicy(undefined, { category: 'framework', concurrency: 8 }, 'process');
const REFERENCE = 'JSON.parse of a sample of 225 B';
const SAMPLES = 20_000;
const WARM_UP = 5_000;
const FEW = 16;
const FLEET = 10_000;
const ROUNDS = 5;
/** Windows are full by then, and forecasts have come due often enough to be heard by their scores. */
const FULL_SECONDS = 240;

export const decide: Benchmark = {
  name: 'decide',
  description:
    'one decision of a service cluster of 5 instances with two factors and full windows of 60 s, forecast included',
  run: async (report) => {
    const clusters = Array.from({ length: FEW }, (_, index) => new Cluster(index));
    const inputs = clusters.map((cluster) => cluster.input());
    const reference = measure(parseSample);
    const parse = percentileOfSorted(reference, 0.5);
    const whole = measure((index) => clusters[index % FEW]!.evaluate());
    report([
      figure('decide', percentileOfSorted(whole, 0.5), parse),
      figure('decide-p99', percentileOfSorted(whole, 0.99), parse),
    ]);
    const pure = measure((index) => decideOnce(inputs[index % FEW]!));
    report([
      figure('decide-from-input', percentileOfSorted(pure, 0.5), parse),
      figure('decide-from-input-p99', percentileOfSorted(pure, 0.99), parse),
    ]);
    report([fleet(parse, clusters)]);
  },
};

function figure(name: string, value: number, reference: number): Figure {
  return {
    name,
    value: round(value),
    unit: 'µs',
    ratio: round(value / reference),
    against: REFERENCE,
    samples: SAMPLES,
  };
}

/**
 * Each service cluster with windows of its own, to which a second is added before each round: seconds of CPU time a round, which is less exposed to what else the
 * machine does. At most 1 s: all are decided each second on one core.
 */
function fleet(parseMicroseconds: number, alike: readonly Cluster[]): Figure {
  const clusters = Array.from({ length: FLEET }, (_, index) => new Cluster(index % FEW, alike[index % FEW]));
  let seconds = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const cluster of clusters) cluster.pass();
    const used = process.cpuUsage();
    for (const cluster of clusters) cluster.evaluate();
    const { user, system } = process.cpuUsage(used);
    seconds += (user + system) / 1e6 / ROUNDS;
  }
  return {
    name: 'decide-10000-clusters',
    value: round(seconds),
    unit: 's',
    ratio: round((seconds * 1e6) / FLEET / parseMicroseconds),
    against: `${FLEET} × ${REFERENCE}`,
    samples: ROUNDS,
  };
}

/** What the control plane holds of a service cluster for its decisions. */
class Cluster {
  readonly #seed: number;
  readonly #windows = new ClusterWindows();
  #second = 0;
  #memory: DecisionMemory = EMPTY_MEMORY;
  readonly #learnt: Learnt;
  #wanted = INSTANCES;

  /** @param alike what another one of the same seed has learnt; undefined: it learns for itself */
  constructor(seed: number, alike?: Cluster) {
    this.#seed = seed;
    this.#learnt = alike === undefined ? new Learnt() : alike.#learnt;
    this.#wanted = alike === undefined ? INSTANCES : alike.#wanted;
    for (let index = 0; index < INSTANCES; index += 1) this.#windows.setInstanceState(`i${index}`, 'active', EPOCH);
    while (this.#second < FULL_SECONDS) {
      this.pass();
      if (alike === undefined) this.evaluate();
    }
  }

  /** One more second of samples. */
  pass(): void {
    this.#second += 1;
    fill(this.#windows, this.#seed, this.#second);
  }

  input(): DecisionInput {
    const now = EPOCH + this.#second * 1000 + 1050;
    return inputOf(this.#windows, now, this.#wanted, this.#memory, this.#learnt);
  }

  evaluate(): Decision {
    const input = this.input();
    const decision = decideOnce(input);
    this.#memory = remember(this.#memory, input, decision);
    this.#learnt.learn(this.#windows, input, decision, true);
    this.#wanted = decision.acted;
    return decision;
  }
}

/** Sorted durations in microseconds. */
function measure(work: (index: number) => unknown): Float64Array {
  const samples = new Float64Array(SAMPLES);
  let kept = 0;
  for (let index = -WARM_UP; index < SAMPLES; index += 1) {
    const started = process.hrtime.bigint();
    const result = work(index + WARM_UP);
    const nanoseconds = Number(process.hrtime.bigint() - started);
    if (result !== undefined) kept += 1;
    if (index >= 0) samples[index] = nanoseconds / 1000;
  }
  if (kept !== SAMPLES + WARM_UP) throw new Error('the measured work returned nothing');
  return samples.sort();
}

function fill(windows: ClusterWindows, seed: number, second: number): void {
  const at = EPOCH + second * 1000 + 500;
  // Some clusters are calm, some ramp, some have just begun to: the forecast's ways differ in cost.
  const ramp = seed % 3 === 0 ? 0 : Math.max(0, second - FULL_SECONDS + 15 * (seed % 5));
  const noise = ((second * 7919 + seed * 104_729) % 17) / 17;
  const inFlight = 12 + ramp + noise;
  for (let index = 0; index < INSTANCES; index += 1)
    windows.observeGauge(`i${index}`, 'loadAverage', at, 8 * (inFlight / INSTANCES) + noise, at + 500);
  windows.observeDemand(
    'lb',
    {
      from: at - 500,
      to: at + 500,
      inFlight,
      queued: 0,
      arrivalsPerSecond: inFlight * 10,
      completionsPerSecond: inFlight * 10,
      errorsPerSecond: 0,
      endedPerSecond: inFlight * 10,
      throttled: 0,
      affinityBroken: 0,
      ejections: 0,
      saturated: false,
      completions: inFlight * 10,
      serviceSeconds: inFlight,
      queuedNow: 0,
    },
    at + 500,
  );
}

function inputOf(
  windows: ClusterWindows,
  now: number,
  wanted: number,
  memory: DecisionMemory,
  learnt: Learnt,
): DecisionInput {
  return observe(
    windows,
    POLICY,
    {
      now,
      key: 'acme/shop/php',
      wanted,
      instances: { active: INSTANCES, starting: 0, failedStarting: 0, unreachable: 0 },
      override: null,
      paused: false,
      frozen: null,
      silenced: false,
      shadow: false,
      quota: 20,
      room: 20,
      startSeconds: [19, 20, 20, 21],
      declaredStartSeconds: 20,
      reportIntervalSeconds: 1,
    },
    memory,
    learnt,
  );
}

const SAMPLE = JSON.stringify({
  v: 1,
  session: '01hfc1q8k4e3j5v7n9r2t4w6y8',
  sequence: [4711],
  ageMilliseconds: [3],
  gauges: { loadAverage: [63.25], memory: [41.5], memoryBytes: [134_217_728] },
  counters: { cpuSeconds: [1234.567], memoryByteSeconds: [98_765_432_109] },
}).padEnd(225);

function parseSample(): unknown {
  return JSON.parse(SAMPLE);
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
