/** Where rows are. In pixels from the top of the first one. */
import type { LogStore } from './log-store.ts';

type Rows = Pick<LogStore, 'chunks' | 'size'>;

export function heightOf({ chunks }: Rows): number {
  let height = 0;
  for (const chunk of chunks) height += chunk.height;
  return height;
}

/** @param index 0 to `size`: that of behind the last row is the height of all */
export function topOf({ chunks }: Rows, index: number): number {
  let top = 0;
  let left = index;
  for (const chunk of chunks) {
    if (left >= chunk.size) {
      top += chunk.height;
      left -= chunk.size;
      continue;
    }
    for (let row = 0; row < left; row += 1) top += chunk.heightAt(row);
    break;
  }
  return top;
}

/** The row at a place: the first or last one for a place beyond them; 0 when there is none. */
export function rowAt({ chunks, size }: Rows, place: number): number {
  let left = Math.max(0, place);
  let index = 0;
  for (const chunk of chunks) {
    if (left >= chunk.height) {
      left -= chunk.height;
      index += chunk.size;
      continue;
    }
    for (let row = 0; row < chunk.size; row += 1) {
      left -= chunk.heightAt(row);
      if (left < 0) return index + row;
    }
    // Sums of heights differ by their rounding.
    return index + chunk.size - 1;
  }
  return Math.max(0, size - 1);
}

/** Rows `from` to below `to`, of which the first begins at `top`. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly top: number;
}

/** The rows that can be seen, and some more at both sides. */
export function windowOf(rows: Rows, view: { readonly top: number; readonly height: number }, more: number): Window {
  if (rows.size === 0) return { from: 0, to: 0, top: 0 };
  const from = Math.max(0, rowAt(rows, view.top) - more);
  const to = Math.min(rows.size, rowAt(rows, view.top + view.height) + 1 + more);
  return { from, to, top: topOf(rows, from) };
}
