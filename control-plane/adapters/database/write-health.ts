/**
 * Whether the database takes what is written to it. Reading goes on from a database that cannot be written any more (a disk that the kernel
 * has made read-only, rights that were taken away), so that nobody would notice by reading.
 */
import type { StoreUnavailable } from '../../app/errors.ts';

/** What became of writing, once when it changes. */
export type WriteHealthChange =
  | { readonly kind: 'failed'; readonly reason: StoreUnavailable }
  | { readonly kind: 'recovered'; readonly afterMilliseconds: number };

export class WriteHealth {
  readonly #onChange: (change: WriteHealthChange) => void;
  #failure: { readonly reason: StoreUnavailable; readonly since: number } | null = null;

  constructor(onChange: (change: WriteHealthChange) => void) {
    this.#onChange = onChange;
  }

  /** Why the last write failed that the database refused; null: it takes them. */
  get failure(): StoreUnavailable | null {
    return this.#failure?.reason ?? null;
  }

  /** A write failed for what the database is, and not for what was written. */
  failed(reason: StoreUnavailable): void {
    if (this.#failure?.reason.code === reason.code) return;
    this.#failure = { reason, since: this.#failure?.since ?? performance.now() };
    this.#onChange({ kind: 'failed', reason });
  }

  /** A write was committed. */
  succeeded(): void {
    if (this.#failure === null) return;
    const afterMilliseconds = Math.round(performance.now() - this.#failure.since);
    this.#failure = null;
    this.#onChange({ kind: 'recovered', afterMilliseconds });
  }
}
