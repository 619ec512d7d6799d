/** What the overview's address says beside the tenant. */
import type { Sort } from './order.ts';

export interface OverviewSearch {
  /** The filter as it was typed; absent: everything. */
  readonly q?: string;
  /** Absent: by attention. */
  readonly sort?: Exclude<Sort, 'attention'>;
}

/** A filter is a line, not a document. */
const LONGEST_FILTER = 500;

/** @param search as the router has taken it apart; nobody has checked it */
export function overviewSearch({ q, sort }: Record<string, unknown>): OverviewSearch {
  // The router reads what looks like a number as one.
  const text = typeof q === 'number' || typeof q === 'boolean' ? String(q) : q;
  return {
    ...(typeof text === 'string' && text.trim() !== '' ? { q: text.slice(0, LONGEST_FILTER) } : {}),
    ...(sort === 'name' || sort === 'load' ? { sort } : {}),
  };
}
