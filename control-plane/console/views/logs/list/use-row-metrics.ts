/** How high rows are and how much fits in one, measured at a row that nobody sees. */
import { useLayoutEffect, type RefObject } from 'react';
import type { RowMetrics } from '../store/row-height.ts';

/** Before anything is measured. */
export const ASSUMED: RowMetrics = { rowHeight: 22, lineHeight: 20, columns: null };

/**
 * @param probe a row of one line with `PROBE_TEXT` in its text
 * @param changed rows are of other heights from now on
 */
export function useRowMetrics(
  probe: RefObject<HTMLDivElement | null>,
  metrics: { current: RowMetrics },
  { wrap, changed }: { readonly wrap: boolean; readonly changed: () => void },
): void {
  useLayoutEffect(() => {
    const row = probe.current!;
    const measure = (): void => {
      const text = row.querySelector<HTMLElement>('.log-text')!;
      const character = text.querySelector('span')!.getBoundingClientRect().width / PROBE_TEXT.length;
      const rowHeight = row.getBoundingClientRect().height;
      const lineHeight = Number.parseFloat(getComputedStyle(text).lineHeight);
      if (rowHeight === 0 || character === 0) return;
      const columns = wrap ? Math.floor(text.getBoundingClientRect().width / character) : null;
      const before = metrics.current;
      if (before.rowHeight === rowHeight && before.lineHeight === lineHeight && before.columns === columns) return;
      metrics.current = { rowHeight, lineHeight, columns };
      changed();
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(row);
    return () => observer.disconnect();
  }, [wrap, changed]);
}

export const PROBE_TEXT = 'xxxxxxxxxx';
