/**
 * How well a scaler did. Accuracy, time share and instability are those of elasticity by the SPEC Research Group: N. Herbst et al., "Quantifying
 * Cloud Performance and Dependability", ACM ToMPECS 3(4), 2018, section 4. With demand d (replicas required) and supply s (replicas ready):
 *
 *     θU = 100/T · Σ max(d − s, 0)/d · Δt        θO = 100/T · Σ max(s − d, 0)/d · Δt
 *     τU = 100/T · Σ [d > s] · Δt                τO = 100/T · Σ [s > d] · Δt
 *     υ  = 100/T · Σ [Δs and Δd are not of the same sign] · Δt
 *
 * All that is here is computed from what the file of a run holds of each second.
 */
import type { LatencyHistogram } from './latency-histogram.ts';

export interface RunSecond {
  readonly required: number;
  readonly desired: number;
  readonly ready: number;
  readonly starting: number;
  /** Requests per second that were to be expected: those that came are not in the file. */
  readonly rate: number;
  readonly failed: number;
}

export interface Scores {
  /** Per cent of the required replicas that were missing, the mean over time. */
  readonly thetaUnder: number;
  /** Per cent of the required replicas that were too many, the mean over time. */
  readonly thetaOver: number;
  /** Per cent of the time in which some were missing. */
  readonly timeUnder: number;
  readonly timeOver: number;
  /** Per cent of the time in which supply and demand changed in different directions. */
  readonly instability: number;
  /** Changes of supply more than of demand, per hour. */
  readonly jitterPerHour: number;
  /** That were to be expected. */
  readonly requests: number;
  /** Share of the requests that were refused or not answered in time, 0 to 1. */
  readonly failedShare: number;
  /** Requests that ended, in whatever way. */
  readonly ended: number;
  /** Share of them that were answered within the objective, 0 to 1; null: there is none, or nothing ended. */
  readonly objectiveShare: number | null;
  readonly p50Milliseconds: number | null;
  readonly p95Milliseconds: number | null;
  readonly p99Milliseconds: number | null;
  /** Ready and starting: who starts is paid for. */
  readonly replicaHours: number;
  readonly scaleActions: number;
  /** Changes against the one before within {@link REVERSAL_SECONDS}. */
  readonly reversals: number;
}

const REVERSAL_SECONDS = 120;

export class Scoring {
  #seconds = 0;
  #under = 0;
  #over = 0;
  #secondsUnder = 0;
  #secondsOver = 0;
  #unstable = 0;
  #supplyChanges = 0;
  #demandChanges = 0;
  #requests = 0;
  #failed = 0;
  #replicaSeconds = 0;
  #actions = 0;
  #reversals = 0;
  #before: RunSecond | undefined;
  #lastAction: { readonly at: number; readonly sign: number } | undefined;

  /** The next second of the run. */
  add(second: RunSecond): void {
    const { required, ready } = second;
    const missing = required - ready;
    if (missing > 0) {
      this.#under += missing / required;
      this.#secondsUnder += 1;
    } else if (missing < 0) {
      this.#over -= missing / required;
      this.#secondsOver += 1;
    }
    this.#requests += second.rate;
    this.#failed += second.failed;
    this.#replicaSeconds += ready + second.starting;
    if (this.#before !== undefined) this.#change(second, this.#before);
    this.#before = second;
    this.#seconds += 1;
  }

  /** @param objectiveSeconds null: none */
  of(latencies: LatencyHistogram, objectiveSeconds: number | null = null): Scores {
    const ended = latencies.within(Infinity) + this.#failed;
    const share = (value: number): number => (100 * value) / Math.max(1, this.#seconds);
    const milliseconds = (quantile: number): number | null => {
      const seconds = latencies.quantile(quantile);
      return seconds === null ? null : seconds * 1000;
    };
    return {
      ...{ thetaUnder: share(this.#under), thetaOver: share(this.#over) },
      ...{ timeUnder: share(this.#secondsUnder), timeOver: share(this.#secondsOver) },
      instability: share(this.#unstable),
      jitterPerHour: ((this.#supplyChanges - this.#demandChanges) * 3600) / Math.max(1, this.#seconds),
      requests: this.#requests,
      ended,
      objectiveShare: objectiveSeconds === null || ended === 0 ? null : latencies.within(objectiveSeconds) / ended,
      failedShare: this.#requests === 0 ? 0 : this.#failed / this.#requests,
      ...{
        p50Milliseconds: milliseconds(0.5),
        p95Milliseconds: milliseconds(0.95),
        p99Milliseconds: milliseconds(0.99),
      },
      replicaHours: this.#replicaSeconds / 3600,
      ...{ scaleActions: this.#actions, reversals: this.#reversals },
    };
  }

  #change(second: RunSecond, before: RunSecond): void {
    const [supply, demand, action] = [
      Math.sign(second.ready - before.ready),
      Math.sign(second.required - before.required),
      Math.sign(second.desired - before.desired),
    ];
    if (supply !== demand) this.#unstable += 1;
    if (supply !== 0) this.#supplyChanges += 1;
    if (demand !== 0) this.#demandChanges += 1;
    if (action === 0) return;
    const last = this.#lastAction;
    if (last !== undefined && last.sign !== action && this.#seconds - last.at <= REVERSAL_SECONDS) this.#reversals += 1;
    this.#lastAction = { at: this.#seconds, sign: action };
    this.#actions += 1;
  }
}
