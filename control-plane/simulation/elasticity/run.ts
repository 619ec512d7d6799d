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
  { trace, required }: Load,
  scaler: Scaler,
  conditions: Conditions,
  onSecond: (second: LabSecond) => void = () => undefined,
): RunResult {
  const initial = required[0]!;
  const plant = plantOf(conditions, initial);
  const telemetry = new Telemetry(conditions);
  const scoring = new Scoring();
  const seconds = secondsOf(trace);
  let desired = initial;
  for (let t = 0; t < seconds; t += 1) {
    const rate = rateAt(trace, t);
    const happened = plant.step(rate);
    const second = {
      t,
      rate: recorded(rate),
      required: required[t]!,
      desired,
      ready: happened.ready,
      starting: happened.starting,
      failed: recorded(happened.failed),
      queued: recorded(happened.queued),
      inFlight: recorded(happened.serving),
    };
    scoring.add(second);
    onSecond(second);
    const agents = telemetry.agents(t + 1, happened);
    desired = scaler.decide(t + 1, telemetry.pass(t + 1, happened, agents), happened, agents);
    plant.scaleTo(desired);
  }
  return { scores: scoring.of(plant.latencies), latencies: plant.latencies };
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
