/** Lines that are chosen, from the first to the last of them: by their sequence, so that it does not matter which are in view. */
import { plainText } from '../text/plain.ts';
import type { LogStore } from '../store/log-store.ts';

/** `anchor`: where it began. `current`: where it ends, and the line that the keyboard is at. */
export interface Chosen {
  readonly anchor: number;
  readonly current: number;
}

export function isChosen(chosen: Chosen | null, sequence: number): boolean {
  if (chosen === null || chosen.anchor === chosen.current) return false;
  const { anchor, current } = chosen;
  return sequence >= Math.min(anchor, current) && sequence <= Math.max(anchor, current);
}

/** One line further or back, or to `fallback` while there is none. @param extend the lines between stay chosen */
export function moved(
  chosen: Chosen | null,
  store: LogStore,
  step: { readonly by: -1 | 1; readonly extend: boolean; readonly fallback: number },
): Chosen | null {
  if (store.size === 0) return null;
  const from = chosen === null ? step.fallback : store.indexOf(chosen.current) + step.by;
  const current = store.at(Math.min(store.size - 1, Math.max(0, from))).sequence;
  return { anchor: step.extend && chosen !== null ? chosen.anchor : current, current };
}

/** Indices of those that the page holds: `from` to below `to`. */
export function rangeOf({ anchor, current }: Chosen, store: LogStore): { readonly from: number; readonly to: number } {
  const [first, last] = anchor < current ? [anchor, current] : [current, anchor];
  return { from: store.indexOf(first), to: Math.min(store.size, store.indexOf(last + 1)) };
}

/** What is put into the clipboard: a line each. */
export function textOf(chosen: Chosen, store: LogStore): string {
  const { from, to } = rangeOf(chosen, store);
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => plainText(store.at(from + index))).join('\n');
}
