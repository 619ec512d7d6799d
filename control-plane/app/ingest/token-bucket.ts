/** A mean rate with bursts: holds what was not used, up to a maximum. Time is an argument, in milliseconds. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #maximum: number;
  #tokens: number;
  #refilledAt: number;

  constructor(perSecond: number, maximum: number, now: number) {
    this.#perSecond = perSecond;
    this.#maximum = maximum;
    this.#tokens = maximum;
    this.#refilledAt = now;
  }

  /** False, and nothing is taken, when there is not enough. */
  take(amount: number, now: number): boolean {
    const earned = (Math.max(0, now - this.#refilledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#maximum, this.#tokens + earned);
    this.#refilledAt = now;
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }
}
