/**
 * What one decision costs: reading the windows of a service cluster, forecast, proposals and clamps; and how long 10,000
 * service clusters take. The reference is JSON.parse of a sample of 225 bytes, so that machines can be compared.
 */
import { decide as decideOnce } from '../../control-plane/domain/autoscaling/decide.ts';
import type { DecisionInput } from '../../control-plane/domain/autoscaling/decision.ts';
import { EMPTY_MEMORY, remember, type DecisionMemory } from '../../control-plane/domain/autoscaling/memory.ts';
import { observe } from '../../control-plane/domain/autoscaling/observe.ts';
import { effectivePolicy } from '../../control-plane/domain/autoscaling/policy-defaults.ts';
import { ClusterWindows } from '../../control-plane/domain/forecasting/windows.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { percentileOfSorted } from './statistics.ts';

const EPOCH = 1_700_000_000_000;
const INSTANCES = 5;
const POLICY = effectivePolicy(undefined, { category: 'framework', concurrency: 8 }, 'process');
const SAMPLES = 20_000;
const WARM_UP = 5_000;
const FLEET = 10_000;

export const decide: Benchmark = {
  name: 'decide',
  description: 'one decision of a service cluster with two factors and a window of 60 s, forecast included',
  run: async (report) => {
    const clusters = Array.from({ length: 16 }, (_, index) => filledWindows(index));
    const inputs = clusters.map((windows) => inputOf(windows, EPOCH + 121_050, EMPTY_MEMORY));
    const reference = measure(parseSample);
    const deciding = measure((index) => decideOnce(inputs[index % inputs.length]!));
    const observing = measure((index) =>
      decideOnce(inputOf(clusters[index % clusters.length]!, EPOCH + 121_050, EMPTY_MEMORY)),
    );
    const parse = percentileOfSorted(reference, 0.5);
    const against = 'JSON.parse of a sample of 225 B';
    report([
      figure('decide', percentileOfSorted(deciding, 0.5), parse, against),
      figure('decide-p99', percentileOfSorted(deciding, 0.99), parse, against),
      figure('observe-and-decide', percentileOfSorted(observing, 0.5), parse, against),
      figure('observe-and-decide-p99', percentileOfSorted(observing, 0.99), parse, against),
      fleet(clusters),
    ]);
  },
};

function figure(name: string, value: number, reference: number, against: string): Figure {
  return { name, value: round(value), unit: 'µs', ratio: round(value / reference), against, samples: SAMPLES };
}

/** One round over the fleet, memory kept from round to round as in production: seconds of one core per round. */
function fleet(clusters: readonly ClusterWindows[]): Figure {
  const rounds = 5;
  const memories = new Array<DecisionMemory>(FLEET).fill(EMPTY_MEMORY);
  const started = process.hrtime.bigint();
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < FLEET; index += 1) {
      const input = inputOf(clusters[index % clusters.length]!, EPOCH + 121_050 + round * 1000, memories[index]!);
      memories[index] = remember(memories[index]!, input, decideOnce(input));
    }
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9 / rounds;
  return { name: 'decide-10000-clusters', value: round(seconds), unit: 's', samples: rounds };
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

function filledWindows(seed: number): ClusterWindows {
  const windows = new ClusterWindows();
  for (let index = 0; index < INSTANCES; index += 1) windows.setInstanceState(`i${index}`, 'active', EPOCH);
  for (let second = 1; second <= 120; second += 1) {
    const at = EPOCH + second * 1000 + 500;
    // Some clusters are calm, some ramp, some have just begun to: the forecast's ways differ in cost.
    const ramp = seed % 3 === 0 ? 0 : Math.max(0, second - 120 + 15 * (seed % 5));
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
  return windows;
}

function inputOf(windows: ClusterWindows, now: number, memory: DecisionMemory): DecisionInput {
  return observe(
    windows,
    POLICY,
    {
      now,
      key: 'acme/shop/php',
      wanted: INSTANCES,
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
    new Map(),
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
