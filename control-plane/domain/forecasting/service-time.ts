/**
 * The time that a request takes when nothing waits: what turns an arrival rate into demand while a service cluster is saturated.
 *
 * A mean over completions with exponential forgetting. Saturated seconds enter with little weight: contention makes their
 * service times longer without more work having come; but a backend that has really become slower is seen in the end.
 */
const FORGET_SECONDS = 60;
const SATURATED_WEIGHT = 0.1;

export class ServiceTime {
  #serviceSeconds = 0;
  #completions = 0;

  observe(interval: {
    readonly seconds: number;
    readonly completions: number;
    readonly serviceSeconds: number;
    readonly saturated: boolean;
  }): void {
    if (interval.completions <= 0) return;
    const weight = interval.saturated ? SATURATED_WEIGHT : 1;
    const kept = Math.exp((-weight * interval.seconds) / FORGET_SECONDS);
    this.#serviceSeconds = this.#serviceSeconds * kept + weight * interval.serviceSeconds;
    this.#completions = this.#completions * kept + weight * interval.completions;
  }

  /** Mean seconds a request; `undefined` before any was completed. */
  get seconds(): number | undefined {
    return this.#completions > 0 ? this.#serviceSeconds / this.#completions : undefined;
  }
}
