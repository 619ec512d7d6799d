/** How high a row will be, before it is measured: right for plain text, and near enough for the rest. */
import type { Entry } from './entry.ts';

export interface RowMetrics {
  /** Of a row of one line, and of each further one, in pixels. */
  readonly rowHeight: number;
  readonly lineHeight: number;
  /** Characters that fit in a line; null: lines are not wrapped. */
  readonly columns: number | null;
}

/** Characters of a line that are shown before it is opened. */
export const SHOWN_CHARACTERS = 2000;

export function estimatedHeight({ rowHeight, lineHeight, columns }: RowMetrics, entry: Entry): number {
  if (columns === null || entry.kind === 'gap') return rowHeight;
  const shown = Math.min(entry.text.length, SHOWN_CHARACTERS);
  return rowHeight + lineHeight * Math.max(0, Math.ceil(shown / Math.max(1, columns)) - 1);
}
