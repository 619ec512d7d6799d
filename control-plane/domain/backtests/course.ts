/** What came and went in a backtest, coarsely enough to be looked at: means of equal steps of time. */
import type { RecordedPart } from './recorded-demand.ts';
import { requiredInstances } from './required.ts';

/** Steps of a course at most: about one a pixel. */
const MOST_STEPS = 600;

/** Where the steps of a course lie. */
export interface CourseSteps {
  /** Begin of the first, in seconds since the epoch. */
  readonly from: number;
  readonly stepSeconds: number;
  readonly points: number;
}

/** By step; NaN where nothing is known. */
export interface Course extends CourseSteps {
  /** Requests that would have been in flight if none had to wait. */
  readonly demand: Float32Array;
  /** Instances that it required. */
  readonly required: Float32Array;
  /** Instances that there would have been with the policy that is tried, those that start included. */
  readonly proposed: Float32Array;
  /** With the policy in force; null: it cannot be simulated. */
  readonly inForce: Float32Array | null;
  /** Instances that there were; null: of no step is that known. */
  readonly recorded: Float32Array | null;
}

/** The steps for what was recorded: multiples of each of its own. */
export function courseSteps(parts: readonly RecordedPart[]): CourseSteps {
  const seconds = parts.reduce((sum, { demand, stepSeconds }) => sum + demand.length * stepSeconds, 0);
  const coarsest = Math.max(1, ...parts.map(({ stepSeconds }) => stepSeconds));
  const stepSeconds = Math.max(1, Math.ceil(seconds / MOST_STEPS / coarsest)) * coarsest;
  return { from: parts[0]?.from ?? 0, stepSeconds, points: Math.ceil(seconds / stepSeconds) };
}

/** Takes the mean of each step of what it is given second by second. */
export class CourseColumn {
  readonly #sums: Float64Array;
  readonly #seconds: Uint32Array;
  readonly #stepSeconds: number;

  constructor({ stepSeconds, points }: CourseSteps) {
    this.#sums = new Float64Array(points);
    this.#seconds = new Uint32Array(points);
    this.#stepSeconds = stepSeconds;
  }

  /** @param second from the begin of the course @param seconds of which the value is the mean */
  add(second: number, value: number, seconds = 1): void {
    const point = Math.floor(second / this.#stepSeconds);
    this.#sums[point]! += value * seconds;
    this.#seconds[point]! += seconds;
  }

  /** NaN where nothing was given. */
  means(): Float32Array {
    return Float32Array.from(this.#sums, (sum, point) => sum / this.#seconds[point]!);
  }
}

/** What was recorded, as columns of a course. */
export function recordedCourse(
  steps: CourseSteps,
  parts: readonly RecordedPart[],
  concurrency: number,
): Pick<Course, 'demand' | 'required' | 'recorded'> {
  const [demand, required, recorded] = [new CourseColumn(steps), new CourseColumn(steps), new CourseColumn(steps)];
  let begin = 0;
  for (const part of parts) {
    for (const [step, asked] of part.demand.entries()) {
      if (Number.isNaN(asked)) continue;
      const second = begin + step * part.stepSeconds;
      demand.add(second, asked, part.stepSeconds);
      required.add(second, requiredInstances(asked, concurrency), part.stepSeconds);
      const active = part.active[step]!;
      if (!Number.isNaN(active)) recorded.add(second, active + (part.starting[step]! || 0), part.stepSeconds);
    }
    begin += part.demand.length * part.stepSeconds;
  }
  const there = recorded.means();
  const isKnown = there.some((value) => !Number.isNaN(value));
  return { demand: demand.means(), required: required.means(), recorded: isKnown ? there : null };
}
