/** The rows of a log, of a hundred thousand those that can be seen, and what is done with them by keys and mouse. */
import type { KeyboardEvent, MouseEvent, ReactNode, RefObject } from 'react';
import type { Line } from '../store/entry.ts';
import type { LogFeed } from '../store/log-feed.ts';
import type { RowMetrics } from '../store/row-height.ts';
import { dayOf } from '../text/plain.ts';
import { isChosen, moved, type Chosen } from './chosen.ts';
import { Newer, Older } from './ends.tsx';
import { LogRow } from './log-row.tsx';
import { PROBE_TEXT } from './use-row-metrics.ts';
import { useSelection } from './use-selection.ts';
import { useView } from './use-view.ts';

export interface LogListProps {
  readonly feed: LogFeed;
  readonly metrics: { current: RowMetrics };
  readonly wrap: boolean;
  /** What was searched for, to be marked; empty: nothing. */
  readonly wanted: string;
  /** Sequence of the line that the page is about; undefined: none. */
  readonly line: number | undefined;
  /** Not every line is asked for. */
  readonly isNarrowed: boolean;
  readonly chosen: Chosen | null;
  readonly onChoose: (chosen: Chosen | null) => void;
  readonly opened: ReadonlySet<number>;
  readonly onToggle: (sequence: number) => void;
  /** Address of the page about a line. */
  readonly hrefOf: (sequence: number) => string;
  readonly onLink: (sequence: number) => void;
  readonly detailsOf: (line: Line) => ReactNode;
}

const STEPS: Readonly<Record<string, -1 | 1>> = { ArrowUp: -1, ArrowDown: 1 };

export function LogList(props: LogListProps): ReactNode {
  const {
    feed,
    metrics,
    wrap,
    wanted,
    line,
    isNarrowed,
    chosen,
    onChoose,
    opened,
    onToggle,
    hrefOf,
    onLink,
    detailsOf,
  } = props;
  const { store } = feed;
  const view = useView({ feed, metrics, wrap, line });
  const { scroller, rows, shown } = view;
  useSelection({ feed, scroller, rows, chosen });

  /** What is looked at does not run away. */
  const stay = (): void => {
    if (feed.hold === null) feed.holdBack('scroll');
  };
  const choose = (next: Chosen | null): void => {
    if (next === null) return;
    stay();
    onChoose(next);
    view.reveal(next.current);
  };

  const does = {
    open(sequence: number): void {
      stay();
      onToggle(sequence);
      view.reveal(sequence);
    },
    link(sequence: number): void {
      stay();
      onLink(sequence);
    },
  };

  const step = (by: -1 | 1, extend: boolean): void => {
    const next = moved(chosen, store, { by, extend, fallback: view.edge(by === 1 ? 'top' : 'bottom') });
    view.focus(next?.current ?? null);
    choose(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key, shiftKey, ctrlKey, altKey, metaKey, target } = event;
    if (ctrlKey || altKey || metaKey || (target as Element).closest('.log-details, button, a') !== null) return;
    const by = STEPS[key];
    if (by !== undefined) step(by, shiftKey);
    else if (key === 'End') void feed.follow();
    else if (key === 'Enter' && chosen !== null) does.open(chosen.current);
    else if (key === 'Escape' && chosen !== null) onChoose(null);
    else return;
    event.preventDefault();
  };

  const onClick = (event: MouseEvent): void => {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('.log-row');
    if (row === null || target.closest('.log-details') !== null) return;
    const sequence = Number(row.dataset.sequence);
    const named = target.closest<HTMLElement>('[data-do]')?.dataset.do as keyof typeof does | undefined;
    if (event.ctrlKey || event.metaKey) return;
    if (event.shiftKey && chosen !== null) {
      event.preventDefault();
      window.getSelection()?.removeAllRanges();
      choose({ anchor: chosen.anchor, current: sequence });
    } else if (named !== undefined) {
      event.preventDefault();
      does[named](sequence);
    } else if (window.getSelection()?.isCollapsed !== false) onChoose({ anchor: sequence, current: sequence });
  };

  const today = dayOf(Date.now());
  const entries = Array.from({ length: shown.to - shown.from }, (_, index) => store.at(shown.from + index));
  return (
    <div
      ref={scroller}
      className={`log-scroller${wrap ? ' log-wrapped' : ''}`}
      role="log"
      aria-live="off"
      aria-label="Lines"
      tabIndex={0}
      onScroll={view.onScroll}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onBlur={({ relatedTarget, currentTarget }) => {
        if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) view.focus(null);
      }}
    >
      <Older feed={feed} isNarrowed={isNarrowed} />
      <div ref={view.body} className="log-body">
        <div ref={rows} className="log-rows" style={{ transform: `translateY(${shown.top}px)` }}>
          {entries.map((entry) => {
            const { sequence } = entry;
            const isOpen = opened.has(sequence);
            return (
              <LogRow
                key={sequence}
                {...{ entry, wanted, today, isOpen }}
                href={hrefOf(sequence)}
                isCurrent={sequence === (chosen?.current ?? line)}
                isChosen={isChosen(chosen, sequence) || sequence === line}
                details={isOpen && entry.kind === 'line' ? detailsOf(entry) : null}
              />
            );
          })}
        </div>
        <Probe element={view.probe} />
      </div>
      <Newer feed={feed} />
    </div>
  );
}

/** A row that nobody sees, to be measured. */
function Probe({ element }: { readonly element: RefObject<HTMLDivElement | null> }): ReactNode {
  return (
    <div ref={element} className="log-row log-probe" aria-hidden="true">
      <div className="log-line">
        <span className="log-open" />
        <span className="log-time">00:00:00.000</span>
        <span className="log-source">x/000000</span>
        <span className="log-level">ERROR</span>
        <span className="log-text">
          <span>{PROBE_TEXT}</span>
        </span>
      </div>
    </div>
  );
}
