/** What one allowance has left: a token bucket for the rate and a count for what is under way. Pure; time is in seconds. */
import type { Allowance } from '../../../../schema/mqtt/limits.ts';

export class Bucket {
  #allowance: Allowance;
  #tokens: number;
  #at: number;
  #underWay = 0;

  constructor(allowance: Allowance, now: number) {
    this.#allowance = allowance;
    this.#tokens = burstOf(allowance);
    this.#at = now;
  }

  /** Another allowance from now on; what is under way and what is used up stays so. */
  change(allowance: Allowance, now: number): void {
    this.#refill(now);
    const missing = burstOf(this.#allowance) - this.#tokens;
    this.#tokens = Math.max(0, burstOf(allowance) - missing);
    this.#allowance = allowance;
  }

  /** Seconds until one more request could be let in; 0: it can be now. */
  wait(now: number): number {
    this.#refill(now);
    const { requestsPerSecond, concurrent } = this.#allowance;
    if (concurrent !== undefined && this.#underWay >= concurrent) return 1;
    return requestsPerSecond === undefined || this.#tokens >= 1 ? 0 : (1 - this.#tokens) / requestsPerSecond;
  }

  take(now: number): void {
    this.#refill(now);
    this.#tokens -= 1;
    this.#underWay += 1;
  }

  /** The end of what {@link take} let in. */
  release(): void {
    this.#underWay -= 1;
  }

  #refill(now: number): void {
    const { requestsPerSecond } = this.#allowance;
    const most = burstOf(this.#allowance);
    const gained = requestsPerSecond === undefined ? most : Math.max(0, now - this.#at) * requestsPerSecond;
    this.#tokens = Math.min(most, this.#tokens + gained);
    this.#at = Math.max(now, this.#at);
  }
}

function burstOf({ requestsPerSecond, burst }: Allowance): number {
  if (requestsPerSecond === undefined) return Number.MAX_SAFE_INTEGER;
  return burst ?? Math.max(1, requestsPerSecond);
}
