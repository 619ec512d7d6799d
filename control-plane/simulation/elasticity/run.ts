/** One scaler on one trace: the plant second by second, what the scaler sees of it, what it says, and what came of it. */
import { normalOf, randomOf } from '../random.ts';
import { Agents, type AgentsSecond, type Gauge } from './agents.ts';
import { FluidPlant } from './fluid-plant.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import type { Plant, PlantSecond } from './plant.ts';
import { RequestPlant } from './request-plant.ts';
import { hasAgents, type Scenario } from './scenario.ts';
import { Scoring, type RunSecond, type Scores } from './scores.ts';
import type { Sample, Scaler } from './scalers/scaler.ts';
import { rateAt, secondsOf, type Trace } from './trace.ts';
import { requiredReplicas, type ServiceModel, type StartModel } from './workload.ts';

export interface Conditions {
  readonly service: ServiceModel;
  readonly start: StartModel;
  readonly scenario: Scenario;
  /** A sample is seen so many whole seconds after its second ended. */
  readonly telemetryDelaySeconds: number;
  /** Standard deviation of what one replica reports, as a share of it. */
  readonly telemetryNoise: number;
  readonly isFluid: boolean;
  readonly seed: number;
}

/** What is asked for in a run, and what that requires: the same for every scaler. */
export interface Load {
  readonly trace: Trace;
  /** Replicas required in each second of the trace. */
  readonly required: Int32Array;
}

/** What the file of a run has in each line: numbers with {@link RECORDED_DIGITS} decimals, and the scores are computed from just these. */
export interface LabSecond extends RunSecond {
  readonly t: number;
  /** Mean number of requests that were served. */
  readonly inFlight: number;
  readonly queued: number;
}

export interface RunResult {
  readonly scores: Scores;
  readonly latencies: LatencyHistogram;
}

/** Decimals of what is recorded. */
const RECORDED_DIGITS = 4;
const RECORDED_UNIT = 10 ** RECORDED_DIGITS;

/** As the file of a run has it. */
function recorded(value: number): number {
  return Math.round(value * RECORDED_UNIT) / RECORDED_UNIT;
}

/** Replicas required in each second of the trace. */
export function requiredOf(trace: Trace, service: ServiceModel): Int32Array {
  const { stepSeconds, rates } = trace;
  const required = new Int32Array(secondsOf(trace));
  for (const [index, rate] of rates.entries())
    required.fill(requiredReplicas(rate, service), index * stepSeconds, (index + 1) * stepSeconds);
  return required;
}

/**
 * Everything follows from the trace, the conditions and the scaler: the same again is the same to the digit. All scalers of a seed meet the same
 * arrivals, and begin with what the first second requires.
 */
export function run(
  load: Load,
  scaler: Scaler,
  conditions: Conditions,
  onSecond: (second: LabSecond) => void = () => undefined,
): RunResult {
  const one = new ServiceCluster(load, scaler, conditions, load.required[0]!, onSecond);
  for (let t = 0; t < one.seconds; t += 1) one.step(t);
  return one.result();
}

/** One of those that share a quota. */
interface Member {
  readonly load: Load;
  readonly scaler: Scaler;
  readonly onSecond: (second: LabSecond) => void;
}

/**
 * Several service clusters at once, all of one length, that have `quota` replicas in all: each may have what the others leave, first come, first served.
 * Who comes first goes round. All begin with what their first second requires, as far as the quota goes, and at least one each.
 */
export function runTogether(members: readonly Member[], conditions: Conditions, quota: number): RunResult[] {
  const numbers = sharedOut(
    members.map(({ load }) => load.required[0]!),
    quota,
  );
  const clusters = members.map(
    ({ load, scaler, onSecond }, index) =>
      new ServiceCluster(
        load,
        scaler,
        { ...conditions, seed: conditions.seed + SEED_STEP * index },
        numbers[index]!,
        onSecond,
      ),
  );
  let used = numbers.reduce((sum, number) => sum + number, 0);
  for (let t = 0; t < clusters[0]!.seconds; t += 1)
    for (let turn = 0; turn < clusters.length; turn += 1) {
      const cluster = clusters[(t + turn) % clusters.length]!;
      used -= cluster.replicas;
      cluster.step(t, quota - used);
      used += cluster.replicas;
    }
  return clusters.map((cluster) => cluster.result());
}

/** Between the seeds of service clusters of one run. */
const SEED_STEP = 1_000_003;

/** One by one in turn, until everybody has what they want or nothing is left; at least one each. */
export function sharedOut(wanted: readonly number[], quota: number): number[] {
  const given = wanted.map(() => 1);
  let left = quota - given.length;
  for (let isMore = true; isMore && left > 0;) {
    isMore = false;
    for (const [index, number] of wanted.entries()) {
      if (left === 0 || given[index]! >= number) continue;
      given[index]! += 1;
      left -= 1;
      isMore = true;
    }
  }
  return given;
}

/** A plant, the scaler that watches it, and what came of it. */
class ServiceCluster {
  readonly #load: Load;
  readonly #scaler: Scaler;
  readonly #conditions: Conditions;
  readonly #plant: Plant;
  readonly #telemetry: Telemetry;
  readonly #scoring = new Scoring();
  readonly #onSecond: (second: LabSecond) => void;
  #desired: number;

  constructor(
    load: Load,
    scaler: Scaler,
    conditions: Conditions,
    initial: number,
    onSecond: (second: LabSecond) => void,
  ) {
    this.#load = load;
    this.#scaler = scaler;
    this.#conditions = conditions;
    this.#plant = plantOf(conditions, initial);
    this.#telemetry = new Telemetry(conditions);
    this.#onSecond = onSecond;
    this.#desired = initial;
  }

  get seconds(): number {
    return secondsOf(this.#load.trace);
  }

  /** That were asked for, and that the quota had room for. */
  get replicas(): number {
    return this.#desired;
  }

  /** @param quota replicas that it may have in all */
  step(t: number, quota = Number.MAX_SAFE_INTEGER): void {
    const rate = rateAt(this.#load.trace, t);
    const happened = this.#plant.step(rate);
    const second = {
      t,
      rate: recorded(rate),
      required: this.#load.required[t]!,
      desired: this.#desired,
      ready: happened.ready,
      starting: happened.starting,
      failed: recorded(happened.failed),
      queued: recorded(happened.queued),
      inFlight: recorded(happened.serving),
    };
    this.#scoring.add(second);
    this.#onSecond(second);
    const agents = this.#telemetry.agents(t + 1, happened);
    const samples = this.#telemetry.pass(t + 1, happened, agents);
    this.#desired = Math.min(quota, this.#scaler.decide(t + 1, samples, happened, { agents, quota }));
    this.#plant.scaleTo(this.#desired);
  }

  result(): RunResult {
    const { latencies } = this.#plant;
    return { scores: this.#scoring.of(latencies, this.#conditions.service.objectiveSeconds), latencies };
  }
}

function plantOf({ isFluid, ...options }: Conditions, initial: number): Plant {
  return isFluid ? new FluidPlant({ ...options, initial }) : new RequestPlant({ ...options, initial });
}

const NO_GAUGES: readonly Gauge[] = [];

/** What is measured reaches the scaler late, and each replica's share with an error of its own: that of the sum is smaller by their root. */
class Telemetry {
  readonly #delay: number;
  readonly #noise: number;
  readonly #normal: () => number;
  readonly #agents: Agents | undefined;
  readonly #underWay: Sample[] = [];

  constructor({ service, scenario, telemetryDelaySeconds, telemetryNoise, seed }: Conditions) {
    this.#delay = telemetryDelaySeconds;
    this.#noise = telemetryNoise;
    this.#normal = normalOf(randomOf(seed, 4));
    if (hasAgents(scenario)) this.#agents = new Agents(service.concurrency, telemetryNoise, scenario, seed);
  }

  /** What is known by the agents, where the scenario has any. */
  agents(end: number, second: PlantSecond): AgentsSecond | undefined {
    return this.#agents?.second(end, second);
  }

  pass(end: number, second: PlantSecond, agents: AgentsSecond | undefined): readonly Sample[] {
    const { serving, waiting, shed, ready } = second;
    const factor = Math.max(0, 1 + (this.#noise / Math.sqrt(Math.max(1, ready))) * this.#normal());
    this.#underWay.push({
      end,
      inFlight: serving * factor + waiting,
      waiting,
      arrivals: second.arrivals,
      completions: second.completions,
      failed: second.failed,
      serviceSeconds: second.serviceSeconds,
      queued: second.queued,
      saturated: waiting > 0 || shed > 0,
      gauges: agents?.gauges ?? NO_GAUGES,
      silent: agents?.silent ?? 0,
    });
    return this.#underWay.length > this.#delay ? [this.#underWay.shift()!] : [];
  }
}
