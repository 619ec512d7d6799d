/**
 * The rows of the overview: however many service clusters there are, only those in sight are in the page. A table by its roles, since a
 * `<table>` cannot leave rows out.
 */
import { defaultRangeExtractor, useWindowVirtualizer, type Range } from '@tanstack/react-virtual';
import { useCallback, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useNow } from '../../components/time.tsx';
import type { NameFrom } from '../../clusters/name.ts';
import type { Cluster } from '../../clusters/overview-state.ts';
import { stepOf } from '../../clusters/trend.ts';
import { Cells, COLUMNS } from '../../clusters/cells.tsx';
import { useAmong } from './use-among.ts';

export interface RowsProps {
  readonly clusters: readonly Cluster[];
  readonly clockAhead: number;
  readonly nameFrom: NameFrom;
  /** Whether somebody points at one of them, or has the focus there. */
  readonly onHeld: (isHeld: boolean) => void;
}

/** Before it is measured, in pixels. */
const ROW_HEIGHT = 58;
const BEYOND_SIGHT = 8;

export function Rows({ clusters, clockAhead, nameFrom, onHeld }: RowsProps): ReactNode {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [focused, setFocused] = useState<string | null>(null);
  const among = useAmong(onHeld, setFocused);
  const step = stepOf(useNow() + clockAhead);
  // What stands above grows and shrinks.
  useLayoutEffect(() => {
    const now = body.current === null ? 0 : body.current.getBoundingClientRect().top + window.scrollY;
    if (Math.abs(now - top) >= 1) setTop(now);
  });

  const uidAt = useCallback((index: number) => clusters[index]!.entry.uid, [clusters]);
  const focusedIndex = focused === null ? -1 : clusters.findIndex(({ entry }) => entry.uid === focused);
  // The focus stays where it is when its row is scrolled out of sight.
  const inSight = useCallback(
    (range: Range) => {
      const indexes = defaultRangeExtractor(range);
      if (focusedIndex === -1 || indexes.includes(focusedIndex)) return indexes;
      return focusedIndex < indexes[0]! ? [focusedIndex, ...indexes] : [...indexes, focusedIndex];
    },
    [focusedIndex],
  );
  const rows = useWindowVirtualizer({
    count: clusters.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: BEYOND_SIGHT,
    scrollMargin: top,
    getItemKey: uidAt,
    rangeExtractor: inSight,
  });

  const walk = (event: KeyboardEvent): void => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    const index = Number(row?.dataset.index) + (way ?? 0);
    if (way === undefined || row === null || index < 0 || index >= clusters.length) return;
    event.preventDefault();
    rows.scrollToIndex(index, { align: 'auto' });
    body.current?.querySelector<HTMLElement>(`[data-index="${index}"] .name a:last-of-type`)?.focus();
  };

  return (
    <div role="table" aria-labelledby="clusters" aria-rowcount={clusters.length + 1} className="clusters">
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className="row head">
          {COLUMNS.map((name) => (
            <span key={name} role="columnheader">
              {name}
            </span>
          ))}
        </div>
      </div>
      <div
        ref={body}
        role="rowgroup"
        className="rows"
        style={{ height: rows.getTotalSize() }}
        onKeyDown={walk}
        {...among}
      >
        {rows.getVirtualItems().map(({ key, index, start }) => (
          <div
            key={key}
            ref={rows.measureElement}
            role="row"
            aria-rowindex={index + 2}
            data-index={index}
            data-uid={key}
            className="row"
            style={{ transform: `translateY(${start - top}px)` }}
          >
            <Cells cluster={clusters[index]!} step={step} nameFrom={nameFrom} />
          </div>
        ))}
      </div>
    </div>
  );
}
