/** What the browser itself has selected in the list: lines that are marked with the mouse stay, and are copied whole. */
import { useEffect, type RefObject } from 'react';
import type { LogFeed } from '../store/log-feed.ts';
import { textOf, type Chosen } from './chosen.ts';

export interface SelectionOptions {
  readonly feed: LogFeed;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly rows: RefObject<HTMLDivElement | null>;
  readonly chosen: Chosen | null;
}

export function useSelection({ feed, scroller, rows, chosen }: SelectionOptions): void {
  useEffect(() => {
    const onSelect = (): void => {
      const selection = document.getSelection();
      const isHere = selection !== null && !selection.isCollapsed && rows.current!.contains(selection.anchorNode);
      if (isHere && feed.hold === null) feed.holdBack('scroll');
    };
    document.addEventListener('selectionchange', onSelect);
    return () => document.removeEventListener('selectionchange', onSelect);
  }, [feed]);

  useEffect(() => {
    const onCopy = (event: ClipboardEvent): void => {
      const range = copied(document.getSelection());
      if (range === null) return;
      event.clipboardData?.setData('text/plain', textOf(range, feed.store));
      event.preventDefault();
    };
    /** Null: the browser is to copy what it does. */
    const copied = (selection: Selection | null): Chosen | null => {
      if (selection === null || selection.isCollapsed)
        return scroller.current!.contains(document.activeElement) ? chosen : null;
      const [anchor, current] = [selection.anchorNode, selection.focusNode].map((node) =>
        sequenceAt(node, rows.current!),
      );
      // Within a row it is a part of its text; over several the buttons of rows would be in it, and rows out of view would not.
      return anchor === undefined || current === undefined || anchor === current ? null : { anchor, current };
    };
    document.addEventListener('copy', onCopy);
    return () => document.removeEventListener('copy', onCopy);
  });
}

function sequenceAt(node: Node | null, rows: HTMLElement): number | undefined {
  const element = node instanceof Element ? node : node?.parentElement;
  const row = element?.closest<HTMLElement>('.log-row');
  return row && rows.contains(row) ? Number(row.dataset.sequence) : undefined;
}
