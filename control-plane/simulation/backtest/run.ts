/**
 * A policy on recorded demand: the lab's plant as a fluid, second by second, and the decider of production.
 *
 * The plant serves requests of one length, the mean over the whole time; so many of them come that the demand is the recorded one. What the
 * decider sees is told in requests as they really came. Of a second of which nothing is recorded nothing is said: the decider
 * hears nothing, as it did not then, and the second does not count. After a longer silence all begins anew.
 */
import type { BacktestJob, BacktestTrial } from '../../app/ports/backtests.ts';
import type { EffectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { CourseColumn } from '../../domain/backtests/course.ts';
import { requiredInstances } from '../../domain/backtests/required.ts';
import type { BacktestScores } from '../../domain/backtests/scores.ts';
import { FluidPlant } from '../elasticity/fluid-plant.ts';
import type { PlantSecond } from '../elasticity/plant.ts';
import { Cartwright } from '../elasticity/scalers/cartwright.ts';
import type { Sample } from '../elasticity/scalers/scaler.ts';
import { CALM } from '../elasticity/scenario.ts';
import { Scoring } from '../elasticity/scores.ts';
import { DEFAULT_SERVICE } from '../elasticity/workload.ts';
import { secondsOf, type Seconds } from './seconds.ts';

/** A silence of more seconds than this is the end of a stretch. */
const LONGEST_SILENCE_SECONDS = 600;
/** Longest time that a request waits in the plant before it has failed. */
const LONGEST_WAIT_SECONDS = 5;
/** Between two tellings of the progress. */
const PROGRESS_SECONDS = 2000;

/** What becomes of each policy, in their order. Everything follows from the job. */
export function runBacktest(job: BacktestJob, onProgress: (share: number) => void = () => undefined): BacktestTrial[] {
  const seconds = secondsOf(job.parts, job.serviceSeconds);
  const all = Math.max(1, seconds.demand.length * job.policies.length);
  return job.policies.map((policy, index) =>
    tryPolicy(job, policy, seconds, (second) => onProgress((index * seconds.demand.length + second) / all)),
  );
}

function tryPolicy(
  job: BacktestJob,
  policy: EffectivePolicy,
  { demand, serviceSeconds }: Seconds,
  onSecond: (second: number) => void,
): BacktestTrial {
  const stretches: Stretch[] = [];
  const instances = new CourseColumn(job.steps);
  let silence = Infinity;
  for (let second = 0; second < demand.length; second += 1) {
    if (second % PROGRESS_SECONDS === 0) onSecond(second);
    const asked = demand[second]!;
    if (Number.isNaN(asked)) {
      silence += 1;
      if (silence <= LONGEST_SILENCE_SECONDS) stretches.at(-1)!.pass();
      continue;
    }
    if (silence > LONGEST_SILENCE_SECONDS) stretches.push(new Stretch(job, policy, asked));
    silence = 0;
    instances.add(second, stretches.at(-1)!.live(asked, serviceSeconds[second]!));
  }
  return { scores: summed(stretches), instances: instances.means() };
}

/** Demand without a long silence. */
class Stretch {
  readonly scoring = new Scoring();
  readonly plant: FluidPlant;
  mostReplicas = 0;
  seconds = 0;
  readonly #job: BacktestJob;
  readonly #scaler: Cartwright;
  #second = 0;
  #desired: number;
  /** Seen by the decider one second later. */
  #sample: Sample | undefined;

  constructor(job: BacktestJob, policy: EffectivePolicy, demand: number) {
    const { minimum, maximum } = policy.policy;
    const { concurrency, serviceSeconds, startSeconds } = job;
    const initial = Math.min(maximum, Math.max(minimum, requiredInstances(demand, concurrency)));
    const timeoutSeconds = serviceSeconds + LONGEST_WAIT_SECONDS;
    this.#job = job;
    this.#desired = initial;
    this.#scaler = new Cartwright({ policy, initial, declaredStartSeconds: startSeconds });
    this.plant = new FluidPlant({
      service: { ...DEFAULT_SERVICE, concurrency, meanSeconds: serviceSeconds, timeoutSeconds },
      start: { seconds: startSeconds, jitter: 0 },
      scenario: CALM,
      ...{ initial, seed: 1 },
    });
  }

  /** @returns the instances of this second, those that start included */
  live(demand: number, serviceSeconds: number): number {
    const rate = demand / this.#job.serviceSeconds;
    const happened = this.plant.step(rate);
    const { ready, starting, failed } = happened;
    const required = requiredInstances(demand, this.#job.concurrency);
    this.scoring.add({ required, desired: this.#desired, ready, starting, rate, failed });
    this.mostReplicas = Math.max(this.mostReplicas, ready + starting);
    this.seconds += 1;
    this.#decide(happened, sampleOf(this.#second + 1, happened, this.#job.serviceSeconds / serviceSeconds));
    return ready + starting;
  }

  /** A second of which nothing is known. */
  pass(): void {
    this.#decide(this.plant.step(0), undefined);
  }

  #decide(happened: PlantSecond, sample: Sample | undefined): void {
    this.#second += 1;
    this.#desired = this.#scaler.decide(this.#second, this.#sample === undefined ? [] : [this.#sample], happened);
    this.#sample = sample;
    this.plant.scaleTo(this.#desired);
  }
}

/** @param factor requests that really came, by those of the plant */
function sampleOf(end: number, second: PlantSecond, factor: number): Sample {
  const { serving, waiting, serviceSeconds, queued, shed } = second;
  return {
    ...{ end, inFlight: serving + waiting, waiting, serviceSeconds, queued: queued * factor },
    arrivals: second.arrivals * factor,
    completions: second.completions * factor,
    failed: second.failed * factor,
    saturated: waiting > 0 || shed > 0,
    ...{ gauges: [], silent: 0 },
  };
}

function summed(stretches: readonly Stretch[]): BacktestScores {
  const sum = { replicaHours: 0, shortSeconds: 0, thetaUnder: 0, thetaOver: 0, scaleActions: 0, reversals: 0 };
  let [mostReplicas, seconds] = [0, 0];
  for (const stretch of stretches) {
    const scores = stretch.scoring.of(stretch.plant.latencies);
    seconds += stretch.seconds;
    sum.replicaHours += scores.replicaHours;
    sum.shortSeconds += Math.round((scores.timeUnder / 100) * stretch.seconds);
    sum.thetaUnder += scores.thetaUnder * stretch.seconds;
    sum.thetaOver += scores.thetaOver * stretch.seconds;
    sum.scaleActions += scores.scaleActions;
    sum.reversals += scores.reversals;
    mostReplicas = Math.max(mostReplicas, stretch.mostReplicas);
  }
  const mean = (value: number): number => value / Math.max(1, seconds);
  return { ...sum, thetaUnder: mean(sum.thetaUnder), thetaOver: mean(sum.thetaOver), mostReplicas };
}
