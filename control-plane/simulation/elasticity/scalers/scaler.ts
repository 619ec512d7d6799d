/** Who says how many replicas there are to be. */

import type { AgentsSecond, Gauge } from '../agents.ts';

/** One second as a scaler sees it: late, and with the noise of its measurement. */
export interface Sample {
  /** When the second ended, in seconds since the beginning of the run. */
  readonly end: number;
  /** Mean number of requests that replicas served or that waited for one, over all replicas. */
  readonly inFlight: number;
  readonly waiting: number;
  readonly arrivals: number;
  readonly completions: number;
  readonly failed: number;
  readonly serviceSeconds: number;
  readonly queued: number;
  /** Something waited or was refused. */
  readonly saturated: boolean;
  /** Load averages, of those whose agents said anything; none where the run has no agents. */
  readonly gauges: readonly Gauge[];
  /** Ready replicas whose agents said nothing. */
  readonly silent: number;
}

/** What Kubernetes, or a control plane, knows of the replicas at once. */
export interface ReplicaCounts {
  readonly ready: number;
  /** Those included whose start failed, and that will be begun again. */
  readonly starting: number;
  readonly failedStarting: number;
  /** Durations of the starts that ended in the last second. */
  readonly started: readonly number[];
}

/** What else there is in some runs. */
export interface Situation {
  /** What is known by the agents of replicas. */
  readonly agents: AgentsSecond | undefined;
  /** Replicas that there may be in all. Whoever asks for more gets these. */
  readonly quota: number;
}

export interface Scaler {
  readonly name: string;
  /**
   * Asked at the end of each second of the run.
   *
   * @param now seconds since the beginning
   * @param samples those that have come in since the last time, the oldest first
   * Answers how many replicas there are to be from now on.
   */
  decide(now: number, samples: readonly Sample[], replicas: ReplicaCounts, situation?: Situation): number;
}

export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

export function within({ minimum, maximum }: Bounds, replicas: number): number {
  return Math.min(maximum, Math.max(minimum, replicas));
}
