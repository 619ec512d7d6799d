/**
 * Which rows of the log are there, and where the view is: at the newest line for who follows, and for who reads on the line that is
 * read, whatever comes and goes above and below it.
 */
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, type RefObject } from 'react';
import { heightOf, rowAt, topOf, windowOf, type Window } from '../store/geometry.ts';
import type { LogFeed } from '../store/log-feed.ts';
import type { LogStore } from '../store/log-store.ts';
import { estimatedHeight, type RowMetrics } from '../store/row-height.ts';
import { useRowMetrics } from './use-row-metrics.ts';

/** Rows beyond those in view that are there already, so that scrolling shows no emptiness. */
const MORE_ROWS = 12;
/** So near to an end the next page is asked for. */
const NEAR_PIXELS = 800;
/** Less than this is no scrolling, but rounding. */
const STILL_PIXELS = 1.5;
/** The same for heights of rows. */
const SAME_PIXELS = 0.05;
/** So often in a frame it is rendered again until nothing moves; a layout that never settles goes on in the next one. */
const MOST_ROUNDS = 10;

/** A row that stays where it is: its sequence, and how far its top is below that of the view, in pixels. */
interface Anchor {
  readonly sequence: number;
  readonly below: number;
}

export interface ViewOptions {
  readonly feed: LogFeed;
  readonly metrics: { current: RowMetrics };
  readonly wrap: boolean;
  /** Sequence of a line to be gone to; undefined: none. */
  readonly line: number | undefined;
}

export interface View {
  /** What scrolls; in it `body`, as high as all rows together; in that `rows`, those that are there; and a `probe`. */
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly body: RefObject<HTMLDivElement | null>;
  readonly rows: RefObject<HTMLDivElement | null>;
  readonly probe: RefObject<HTMLDivElement | null>;
  readonly shown: Window;
  readonly onScroll: () => void;
  /** Brings a row into view, if it is not. */
  reveal(sequence: number): void;
  /** Gives the focus to a row, and keeps it there; null: no more. */
  focus(sequence: number | null): void;
  /** Index of the row at the upper or lower edge. */
  edge(side: 'top' | 'bottom'): number;
}

export function useView({ feed, metrics, wrap, line }: ViewOptions): View {
  const { store } = feed;
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLDivElement>(null);
  const view = useRef({ top: 0, height: 600 });
  const anchor = useRef<Anchor | null>(null);
  /** Where the page itself has scrolled to last. */
  const placed = useRef(0);
  /** Where to go as soon as it is there. */
  const goal = useRef<number | null>(null);
  /** What is to be in view, as much of it as fits. */
  const revealed = useRef<number | null>(null);
  const focused = useRef<number | null>(null);
  const rounds = useRef(0);
  const frame = useRef(0);
  const seen = useRef(feed);
  if (seen.current !== feed) {
    seen.current = feed;
    anchor.current = null;
  }

  const remeasure = useCallback(() => {
    feed.store.measureAnew((entry) => estimatedHeight(metrics.current, entry));
    renderAgain();
  }, [feed, metrics]);
  useRowMetrics(probe, metrics, { wrap, changed: remeasure });
  useEffect(() => {
    if (line !== undefined && !isInView(line)) goal.current = line;
    renderAgain();
  }, [line, feed]);
  useEffect(() => {
    const observer = new ResizeObserver(renderAgain);
    observer.observe(scroller.current!);
    observer.observe(rows.current!);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame.current);
    };
  }, []);

  const shown = windowOf(store, view.current, MORE_ROWS);
  // After each rendering: rows get their real heights, and the view its place, before anything is painted.
  useLayoutEffect(() => {
    const element = scroller.current!;
    const isOther = measureRows(rows.current!, store, shown.from);
    body.current!.style.height = `${heightOf(store)}px`;
    const base = body.current!.offsetTop;
    reachGoal(element.clientHeight);
    bringIntoView(element.clientHeight);
    const place = placeOf(element, base);
    if (place !== null && Math.abs(element.scrollTop - place) > STILL_PIXELS) element.scrollTop = place;
    placed.current = element.scrollTop;
    const before = view.current;
    view.current = { top: element.scrollTop - base, height: element.clientHeight };
    const next = windowOf(store, view.current, MORE_ROWS);
    const isSame = next.from === shown.from && next.to === shown.to && next.top === shown.top;
    settle(!isOther && isSame && before.height === view.current.height);
    if (feed.hold === null) takeAnchor();
    keepFocus(element);
    loadNear();
  });

  function settle(isSettled: boolean): void {
    rounds.current = isSettled ? 0 : rounds.current + 1;
    if (isSettled) return;
    if (rounds.current < MOST_ROUNDS) renderAgain();
    else {
      cancelAnimationFrame(frame.current);
      frame.current = requestAnimationFrame(() => {
        rounds.current = 0;
        renderAgain();
      });
    }
  }

  /** Null: it has not to move. */
  function placeOf(element: HTMLElement, base: number): number | null {
    if (feed.hold === null) return element.scrollHeight - element.clientHeight;
    if (anchor.current === null || store.size === 0) return null;
    const { sequence, below } = anchor.current;
    return Math.max(0, base + topOf(store, Math.min(store.size - 1, store.indexOf(sequence))) - below);
  }

  /** A third below the top of the view; the next line where it is not there any more. */
  function reachGoal(height: number): void {
    if (goal.current === null) return;
    const index = store.indexOf(goal.current);
    if (index === store.size || (store.at(index).sequence !== goal.current && feed.newer.kind === 'loading')) return;
    anchor.current = { sequence: store.at(index).sequence, below: height / 3 };
    goal.current = null;
  }

  /** Again after the next rendering where the row has not been there, and so has not been measured. */
  function bringIntoView(height: number): void {
    if (revealed.current === null) return;
    const sequence = revealed.current;
    const index = store.indexOf(sequence);
    if (index >= shown.from && index < shown.to) revealed.current = null;
    if (index >= store.size || feed.hold === null) return;
    const top = topOf(store, index);
    const lowest = Math.max(0, height - (topOf(store, index + 1) - top));
    anchor.current = { sequence, below: Math.min(Math.max(top - view.current.top, 0), lowest) };
  }

  function takeAnchor(): void {
    if (store.size === 0) return;
    const index = rowAt(store, view.current.top);
    anchor.current = { sequence: store.at(index).sequence, below: topOf(store, index) - view.current.top };
  }

  function loadNear(): void {
    if (goal.current !== null) return;
    const { top, height } = view.current;
    const whole = heightOf(store);
    const isNearOlder = whole < height || (feed.hold !== null && top < NEAR_PIXELS);
    if (feed.older.kind === 'more' && isNearOlder) void feed.loadOlder();
    const isNearNewer = feed.hold !== null && store.size > 0 && top + height > whole - NEAR_PIXELS;
    if (feed.newer.kind === 'more' && isNearNewer) void feed.loadNewer();
  }

  /** The focus goes with its row, and to the list when the row has left. */
  function keepFocus(element: HTMLElement): void {
    if (focused.current === null) return;
    const row = rows.current!.querySelector<HTMLElement>(`:scope > [data-sequence="${focused.current}"]`);
    if (row === null && document.activeElement === document.body) element.focus({ preventScroll: true });
    if (row !== null && document.activeElement === element) row.focus({ preventScroll: true });
  }

  function isInView(sequence: number): boolean {
    const index = store.indexOf(sequence);
    if (index >= store.size || store.at(index).sequence !== sequence) return false;
    const top = topOf(store, index) - view.current.top;
    return top >= 0 && top < view.current.height;
  }

  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current!;
    const by = scrollTop - placed.current;
    if (Math.abs(by) <= STILL_PIXELS && view.current.height === clientHeight) return;
    placed.current = scrollTop;
    view.current = { top: scrollTop - body.current!.offsetTop, height: clientHeight };
    const isAtEnd = scrollHeight - clientHeight - scrollTop <= STILL_PIXELS;
    if (feed.hold === null && by < 0 && !isAtEnd) feed.holdBack('scroll');
    takeAnchor();
    if (feed.hold === 'scroll' && by > 0 && isAtEnd && feed.newer.kind === 'live') void feed.follow();
    else renderAgain();
  };

  return {
    ...{ scroller, body, rows, probe, shown, onScroll },
    reveal(sequence) {
      revealed.current = sequence;
      renderAgain();
    },
    focus(sequence) {
      focused.current = sequence;
      if (sequence !== null) scroller.current!.focus({ preventScroll: true });
    },
    edge: (side) => rowAt(store, view.current.top + (side === 'top' ? 0 : view.current.height - 1)),
  };
}

/** @returns whether a row is of another height than was thought */
function measureRows(rows: HTMLElement, store: LogStore, from: number): boolean {
  let isOther = false;
  for (const [index, row] of [...rows.children].entries()) {
    const { chunk, offset } = store.locate(from + index);
    const { height } = row.getBoundingClientRect();
    if (Math.abs(height - chunk.heightAt(offset)) < SAME_PIXELS) continue;
    chunk.setHeight(offset, height);
    isOther = true;
  }
  return isOther;
}
