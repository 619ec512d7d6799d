/** What is scaled: replicas behind a balancer. Two of one shape, request by request and as a fluid. */
import type { LatencyHistogram } from './latency-histogram.ts';

import type { Scenario } from './scenario.ts';
import type { ServiceModel, StartModel } from './workload.ts';

/** One second of a plant. Counts are of this second; means are over time. */
export interface PlantSecond {
  readonly arrivals: number;
  /** Answered in time. */
  readonly completions: number;
  /** Refused as the queue was full, not answered in time, or answered with an error. */
  readonly failed: number;
  /** Mean number that replicas served. */
  readonly serving: number;
  /** Mean number that waited. */
  readonly waiting: number;
  /** That wait at the end of the second. */
  readonly queued: number;
  /** Refused as the queue was full. */
  readonly shed: number;
  /** Seconds of service of the requests that were completed, as balancers count them. */
  readonly serviceSeconds: number;
  /** Durations of the starts that ended, in seconds. */
  readonly started: readonly number[];
  /** At the end of the second. */
  readonly ready: number;
  /** Those that wait to be begun again included. */
  readonly starting: number;
  /** Whose start failed, and was not begun again yet. */
  readonly failedStarting: number;
  /** Of those ready, that have their own work to do still. */
  readonly warming: number;
}

export interface PlantOptions {
  readonly service: ServiceModel;
  readonly start: StartModel;
  readonly scenario: Scenario;
  /** Ready at the beginning. */
  readonly initial: number;
  readonly seed: number;
}

export interface Plant {
  /** One more second, in which `rate` requests per second arrive. */
  step(rate: number): PlantSecond;
  /** From now on so many replicas, those that start included. What starts is given up first; what serves ends what it has. */
  scaleTo(replicas: number): void;
  /** Of all answers until now: how many of them took at most so many seconds, by growing seconds. */
  readonly latencies: LatencyHistogram;
}
