/**
 * One gauge of a service cluster, per second and instance, summed up over instances as it comes in.
 *
 * O(1) a sample; 1 KB an instance. A sample holds until the next one, for a few seconds: agents report at once what moves, and
 * one-second samples never fall into each second exactly once. A late sample rewrites the second that it belongs to.
 */
import type { Members, Newcomers } from './members.ts';
import { RING_SECONDS, slotOf } from './ring.ts';

export interface InstanceRing {
  readonly instance: string;
  /** Values by second; NaN where there is none. */
  readonly values: Float64Array;
  /** The newest second with a sample of its own; what follows it in the ring is held, not measured. */
  newest: number;
  newestValue: number;
}

export class GaugeSeries {
  readonly #members: Members;
  readonly #sums = new Float64Array(RING_SECONDS);
  readonly #reporters = new Int32Array(RING_SECONDS);
  readonly #rings = new Map<string, InstanceRing>();
  #newest = Number.NEGATIVE_INFINITY;

  constructor(members: Members) {
    this.#members = members;
  }

  /** The newest second for which a sample came from an instance that counts. */
  get newest(): number {
    return this.#newest;
  }

  sum(second: number): number {
    return Math.max(0, this.#sums[slotOf(second)]!);
  }

  reporters(second: number): number {
    return this.#reporters[slotOf(second)]!;
  }

  /** Value of the instance's newest sample; `undefined` when there is none. */
  latest(instance: string): { readonly second: number; readonly value: number } | undefined {
    const ring = this.#rings.get(instance);
    return ring && { second: ring.newest, value: ring.newestValue };
  }

  /**
   * By how much newcomers are above what they carry. Load balancers spread requests evenly, so that a new instance carries no more than those that
   * were there before: what it shows beyond their mean is work of its own that ends, and no demand. It would ask for the next instance, whose own
   * work would ask for the one after that.
   */
  excessOf({ newcomers, elders }: Newcomers): (second: number) => number {
    const newRings = this.#ringsOf(newcomers);
    const elderRings = this.#ringsOf(elders);
    return (second) => {
      const elder = sumOf(elderRings, second);
      if (elder.count === 0) return 0;
      const newcomer = sumOf(newRings, second);
      return Math.max(0, newcomer.sum - (newcomer.count * elder.sum) / elder.count);
    };
  }

  /** Opens a second after the newest: whoever reported within `hold` seconds is taken to be where it was. */
  open(second: number, hold: number): void {
    const slot = slotOf(second);
    this.#sums[slot] = 0;
    this.#reporters[slot] = 0;
    for (const [instance, ring] of this.#rings) {
      ring.values[slot] = Number.NaN;
      if (second - ring.newest <= hold && this.#members.counts(instance, second))
        this.#put(ring, second, ring.newestValue);
    }
  }

  /** The instance's, made where there is none. */
  ringOf(instance: string): InstanceRing {
    const known = this.#rings.get(instance);
    if (known !== undefined) return known;
    const values = new Float64Array(RING_SECONDS).fill(Number.NaN);
    const ring = { instance, values, newest: Number.NEGATIVE_INFINITY, newestValue: 0 };
    this.#rings.set(instance, ring);
    return ring;
  }

  /** Takes a sample of a second between the ring's oldest and `head`. */
  observe(ring: InstanceRing, second: number, value: number, head: number, hold: number): void {
    this.#put(ring, second, value);
    if (second < ring.newest) return;
    ring.newest = second;
    ring.newestValue = value;
    if (second > this.#newest) this.#newest = second;
    for (let next = second + 1; next <= Math.min(head, second + hold); next += 1)
      if (this.#members.counts(ring.instance, next)) this.#put(ring, next, value);
  }

  /** Takes the instance's values from `second` on out of the sums. */
  cut(instance: string, second: number, head: number): void {
    const ring = this.#rings.get(instance);
    if (ring === undefined) return;
    for (let next = Math.max(second, head - RING_SECONDS + 1); next <= head; next += 1) {
      const slot = slotOf(next);
      const value = ring.values[slot]!;
      if (Number.isNaN(value)) continue;
      this.#sums[slot]! -= value;
      this.#reporters[slot]! -= 1;
      ring.values[slot] = Number.NaN;
    }
    ring.newest = Number.NEGATIVE_INFINITY;
  }

  forget(instance: string): void {
    this.#rings.delete(instance);
  }

  #ringsOf(instances: readonly string[]): readonly InstanceRing[] {
    return instances.flatMap((instance) => this.#rings.get(instance) ?? []);
  }

  #put(ring: InstanceRing, second: number, value: number): void {
    const slot = slotOf(second);
    const before = ring.values[slot]!;
    ring.values[slot] = value;
    if (Number.isNaN(before)) {
      this.#sums[slot]! += value;
      this.#reporters[slot]! += 1;
    } else this.#sums[slot]! += value - before;
  }
}

function sumOf(rings: readonly InstanceRing[], second: number): { readonly sum: number; readonly count: number } {
  const slot = slotOf(second);
  let sum = 0;
  let count = 0;
  for (const { values } of rings) {
    const value = values[slot]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return { sum, count };
}
