/** Which instances count as demand in which second: active ones, after their declared warm-up. */
import { RING_SECONDS, slotOf } from './ring.ts';

interface Span {
  /** First second that counts. */
  from: number;
  /** First second that counts no more; Infinity while the instance is active. */
  until: number;
}

export class Members {
  readonly #spans = new Map<string, Span>();
  readonly #counts = new Int32Array(RING_SECONDS);
  #head = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#spans.size;
  }

  /** How many instances counted in this second; only for seconds that the ring still holds. */
  count(second: number): number {
    return second > this.#head ? 0 : this.#counts[slotOf(second)]!;
  }

  counts(instance: string, second: number): boolean {
    const span = this.#spans.get(instance);
    return span !== undefined && second >= span.from && second < span.until;
  }

  /** Opens one second, the one after the newest (or, after a long gap, any later one). */
  open(second: number): void {
    this.#head = second;
    let count = 0;
    for (const span of this.#spans.values()) if (second >= span.from && second < span.until) count += 1;
    this.#counts[slotOf(second)] = count;
  }

  /** The instance counts from `second` on. Saying it again changes nothing. Returns whether it changed anything. */
  enter(instance: string, second: number): boolean {
    const span = this.#spans.get(instance);
    if (span?.until === Number.POSITIVE_INFINITY) return false;
    this.#spans.set(instance, { from: second, until: Number.POSITIVE_INFINITY });
    this.#add(Math.max(second, span?.until ?? second), 1);
    return true;
  }

  /** The instance counts no more from `second` on; what it was before stays. Returns whether it changed anything. */
  leave(instance: string, second: number): boolean {
    const span = this.#spans.get(instance);
    if (span?.until !== Number.POSITIVE_INFINITY) return false;
    span.until = Math.max(second, span.from);
    this.#add(span.until, -1);
    return true;
  }

  forget(instance: string): void {
    this.#spans.delete(instance);
  }

  /** Everything known lies after `second`, because the clock was set back: who is active counts from there. */
  rewind(second: number): void {
    this.#counts.fill(0);
    this.#head = Number.NEGATIVE_INFINITY;
    for (const span of this.#spans.values()) span.from = Math.min(span.from, second);
  }

  #add(from: number, change: number): void {
    for (let second = Math.max(from, this.#head - RING_SECONDS + 1); second <= this.#head; second += 1)
      this.#counts[slotOf(second)]! += change;
  }
}
