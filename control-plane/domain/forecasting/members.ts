/** Which instances count as demand in which second: active ones, after their declared warm-up. */
import { RING_SECONDS, slotOf } from './ring.ts';

interface Span {
  /** First second that counts. */
  from: number;
  /** First second that counts no more; Infinity while the instance is active. */
  until: number;
}

/** For so long after it began to count an instance may still do work of its own that ends (caches, compilers). */
const NEW_SECONDS = 300;

/** Instances that are new, and those that can tell what an instance really carries: all others, or at least the oldest. */
export interface Newcomers {
  readonly newcomers: readonly string[];
  readonly elders: readonly string[];
}

export class Members {
  readonly #spans = new Map<string, Span>();
  /** The instances that count until further notice, the oldest first; undefined after a change. */
  #byAge: readonly (readonly [string, Span])[] | undefined;
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

  /** `undefined` when no instance is new, or all began together. */
  newcomers(second: number): Newcomers | undefined {
    const byAge = (this.#byAge ??= [...this.#spans]
      .filter(([, { until }]) => until === Number.POSITIVE_INFINITY)
      .sort(([, a], [, b]) => a.from - b.from));
    const newest = byAge.at(-1)?.[1].from;
    if (newest === undefined || newest <= second - NEW_SECONDS) return undefined;
    const since = Math.max(byAge[0]![1].from, second - NEW_SECONDS);
    const newcomers = byAge.filter(([, { from }]) => from > since).map(([instance]) => instance);
    if (newcomers.length === 0) return undefined;
    return { newcomers, elders: byAge.slice(0, -newcomers.length).map(([instance]) => instance) };
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
    this.#byAge = undefined;
    this.#add(Math.max(second, span?.until ?? second), 1);
    return true;
  }

  /** The instance counts no more from `second` on; what it was before stays. Returns whether it changed anything. */
  leave(instance: string, second: number): boolean {
    const span = this.#spans.get(instance);
    if (span?.until !== Number.POSITIVE_INFINITY) return false;
    span.until = Math.max(second, span.from);
    this.#byAge = undefined;
    this.#add(span.until, -1);
    return true;
  }

  forget(instance: string): void {
    this.#spans.delete(instance);
    this.#byAge = undefined;
  }

  /** Everything known lies after `second`, because the clock was set back: who is active counts from there. */
  rewind(second: number): void {
    this.#counts.fill(0);
    this.#head = Number.NEGATIVE_INFINITY;
    for (const span of this.#spans.values()) span.from = Math.min(span.from, second);
    this.#byAge = undefined;
  }

  #add(from: number, change: number): void {
    for (let second = Math.max(from, this.#head - RING_SECONDS + 1); second <= this.#head; second += 1)
      this.#counts[slotOf(second)]! += change;
  }
}
