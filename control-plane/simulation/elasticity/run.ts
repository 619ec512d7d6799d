/** One scaler on one trace: the plant second by second, what the scaler sees of it, what it says, and what came of it. */
import { randomOf } from '../random.ts';
import { FluidPlant } from './fluid-plant.ts';
import type { LatencyHistogram, Plant, PlantSecond } from './plant.ts';
import { RequestPlant } from './request-plant.ts';
import { Scoring, type RunSecond, type Scores } from './scores.ts';
import type { Sample, Scaler } from './scalers/scaler.ts';
import { rateAt, secondsOf, type Trace } from './trace.ts';
import { requiredReplicas, type ServiceModel, type StartModel } from './workload.ts';

export interface Conditions {
  readonly service: ServiceModel;
  readonly start: StartModel;
  /** A sample is seen so many whole seconds after its second ended. */
  readonly telemetryDelaySeconds: number;
  /** Standard deviation of what one replica reports, as a share of it. */
  readonly telemetryNoise: number;
  readonly isFluid: boolean;
  readonly seed: number;
}

/** What the file of a run has in each line. */
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
 * arrivals.
 *
 * @param initial replicas that are ready at the beginning
 */
export function run(
  trace: Trace,
  scaler: Scaler,
  conditions: Conditions,
  initial: number,
  onSecond: (second: LabSecond) => void = () => undefined,
): RunResult {
  const plant = plantOf(conditions, initial);
  const telemetry = new Telemetry(conditions);
  const scoring = new Scoring();
  const seconds = secondsOf(trace);
  let desired = initial;
  for (let t = 0; t < seconds; t += 1) {
    const rate = rateAt(trace, t);
    const happened = plant.step(rate);
    const { ready, starting, failed, queued } = happened;
    const required = requiredReplicas(rate, conditions.service);
    const second = {
      t,
      rate,
      required,
      desired,
      ready,
      starting,
      failed,
      queued,
      inFlight: happened.serving,
    };
    scoring.add(second);
    onSecond(second);
    desired = scaler.decide(t + 1, telemetry.pass(t + 1, happened), happened);
    plant.scaleTo(desired);
  }
  return { scores: scoring.of(plant.latencies), latencies: plant.latencies };
}

function plantOf({ isFluid, ...options }: Conditions, initial: number): Plant {
  return isFluid ? new FluidPlant({ ...options, initial }) : new RequestPlant({ ...options, initial });
}

/** What is measured reaches the scaler late, and each replica's share with an error of its own: that of the sum is smaller by their root. */
class Telemetry {
  readonly #delay: number;
  readonly #noise: number;
  readonly #random: () => number;
  readonly #underWay: Sample[] = [];

  constructor({ telemetryDelaySeconds, telemetryNoise, seed }: Conditions) {
    this.#delay = telemetryDelaySeconds;
    this.#noise = telemetryNoise;
    this.#random = randomOf(seed, 4);
  }

  pass(end: number, second: PlantSecond): readonly Sample[] {
    const { arrivals, completions, failed, serving, waiting, queued, shed, serviceSeconds, ready } = second;
    const factor = Math.max(0, 1 + (this.#noise / Math.sqrt(Math.max(1, ready))) * this.#normal());
    this.#underWay.push({
      ...{ end, inFlight: serving * factor + waiting, waiting, arrivals, completions, failed, serviceSeconds, queued },
      saturated: waiting > 0 || shed > 0,
    });
    return this.#underWay.length > this.#delay ? [this.#underWay.shift()!] : [];
  }

  /** By the central limit: twelve uniform numbers have a variance of 1. */
  #normal(): number {
    let sum = -6;
    for (let index = 0; index < 12; index += 1) sum += this.#random();
    return sum;
  }
}
