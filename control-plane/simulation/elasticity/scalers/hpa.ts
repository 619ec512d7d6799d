/**
 * Kubernetes' HorizontalPodAutoscaler (autoscaling/v2) with its default settings, on a metric of pods as an average value: requests in
 * flight per pod. Built from its documentation:
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ (algorithm details, stabilization window, default behavior).
 *
 *     desired = ⌈ current · (metric / target) ⌉, nothing within the tolerance of a ratio of 1
 *
 * Pods that do not report yet count as 0 where that scales up, and as the target where it scales down; where that turns the direction
 * or falls within the tolerance, nothing is done. Requests that wait at the balancer count as in flight, which is to its
 * advantage: what a pod reports by itself never exceeds what it serves at once.
 */
import { within, type Bounds, type ReplicaCounts, type Sample, type Scaler } from './scaler.ts';

export interface HpaOptions extends Bounds {
  /** Requests in flight that a pod shall have on average. */
  readonly target: number;
  readonly initial: number;
  readonly syncSeconds?: number;
  readonly tolerance?: number;
  readonly downStabilisationSeconds?: number;
}

const UP_PERIOD_SECONDS = 15;
const UP_PODS = 4;
const UP_FACTOR = 2;

export class Hpa implements Scaler {
  readonly name = 'hpa';
  readonly #options: Required<HpaOptions>;
  #newest: Sample | undefined;
  #desired: number;
  /** Recommendations of the stabilisation window, the oldest first. */
  #recommendations: { readonly at: number; readonly replicas: number }[] = [];
  /** Growth of the last period. */
  #growth: { readonly at: number; readonly by: number }[] = [];

  constructor(options: HpaOptions) {
    this.#options = { syncSeconds: 15, tolerance: 0.1, downStabilisationSeconds: 300, ...options };
    this.#desired = options.initial;
  }

  decide(now: number, samples: readonly Sample[], replicas: ReplicaCounts): number {
    this.#newest = samples.at(-1) ?? this.#newest;
    if (now % this.#options.syncSeconds === 0 && this.#newest !== undefined) this.#sync(now, this.#newest, replicas);
    return this.#desired;
  }

  #sync(now: number, { inFlight, silent }: Sample, replicas: ReplicaCounts): void {
    const { target, tolerance } = this.#options;
    // Pods without metrics count by the rule for them.
    const reporting = Math.max(0, replicas.ready - silent);
    const total = replicas.ready === 0 ? 0 : (inFlight * reporting) / replicas.ready;
    const recommended = within(
      this.#options,
      recommend({ current: this.#desired, ready: reporting, total, target, tolerance }),
    );
    const stabilised = this.#stabilised(now, recommended);
    const next = Math.min(stabilised, this.#mostByRate(now));
    if (next > this.#desired) this.#growth.push({ at: now, by: next - this.#desired });
    this.#desired = within(this.#options, next);
  }

  /** Down only to the largest recommendation of the window; up at once. */
  #stabilised(now: number, recommended: number): number {
    this.#recommendations.push({ at: now, replicas: recommended });
    const since = now - this.#options.downStabilisationSeconds;
    this.#recommendations = this.#recommendations.filter(({ at }) => at >= since);
    if (recommended >= this.#desired) return recommended;
    return Math.min(this.#desired, Math.max(...this.#recommendations.map((one) => one.replicas)));
  }

  /** The larger of doubling and four pods within 15 s, counted from what there was at the beginning of the period. */
  #mostByRate(now: number): number {
    this.#growth = this.#growth.filter(({ at }) => at > now - UP_PERIOD_SECONDS);
    const atBeginning = this.#desired - this.#growth.reduce((sum, { by }) => sum + by, 0);
    return Math.max(atBeginning * UP_FACTOR, atBeginning + UP_PODS);
  }
}

export interface Usage {
  /** Replicas asked for, ready or not. */
  readonly current: number;
  readonly ready: number;
  /** Of the metric, over all pods. */
  readonly total: number;
  readonly target: number;
  readonly tolerance: number;
}

export function recommend({ current, ready, total, target, tolerance }: Usage): number {
  if (ready === 0) return current;
  const ratio = total / ready / target;
  const silent = Math.max(0, current - ready);
  if (silent === 0) return isNear(ratio, tolerance) ? current : ceil(ratio * ready);
  const assumed = ratio < 1 ? silent * target : 0;
  const corrected = (total + assumed) / (ready + silent) / target;
  const isTurned = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1);
  if (isNear(corrected, tolerance) || isTurned) return current;
  const next = ceil(corrected * (ready + silent));
  const isAgainst = (corrected < 1 && next > current) || (corrected > 1 && next < current);
  return isAgainst ? current : next;
}

function isNear(ratio: number, tolerance: number): boolean {
  return ratio >= 1 - tolerance && ratio <= 1 + tolerance;
}

/** Rounding of a quotient must not ask for a pod. */
function ceil(value: number): number {
  return Math.ceil(value - 1e-9);
}
