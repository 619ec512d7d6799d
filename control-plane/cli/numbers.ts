/** Whole numbers on the command line. */
import { usage } from './exit.ts';

/** Throws a usage error that names `option` for what is not a whole number within the bounds. */
export function parseWhole(text: string, option: string, least: number, most: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw usage(`${option}: expected a whole number from ${least} to ${most}, got "${text}"`);
  }
  return value;
}

/** Most entries that `--limit` allows. */
const MOST_ENTRIES = 100_000;

export function parseLimit(text: string): number {
  return parseWhole(text, '--limit', 1, MOST_ENTRIES);
}
