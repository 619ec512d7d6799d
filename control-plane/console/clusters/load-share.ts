/** How much of what its instances carry is asked of a service cluster. */
import type { ClusterEntryFragment } from '../generated/operations.ts';

type Factor = Pick<NonNullable<ClusterEntryFragment['factor']>, 'observed' | 'capacity'>;

/**
 * Load as a share of the capacity, 0 or more; infinite where something is asked of nobody; null without data. 1: every instance carries what
 * its policy wants it to carry.
 */
export function loadShare(factor: Factor | null): number | null {
  if (factor === null || factor.observed === null) return null;
  if (factor.capacity > 0) return factor.observed / factor.capacity;
  return factor.observed > 0 ? Infinity : 0;
}

/** "62 %", "140 %"; "no instance" where something is asked of nobody. */
export function shareInWords(share: number | null): string {
  if (share === null) return 'no data';
  return share === Infinity ? 'no instance' : `${Math.round(share * 100)} %`;
}

/** Three digits, as far as there are so many: "31.5", "1,250", "0". @param value 0 or more */
export function figure(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
