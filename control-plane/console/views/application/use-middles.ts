import { useLayoutEffect, useState, type RefObject } from 'react';

/**
 * The middles of the rows of a table that are marked with `data-lane`, in pixels from its top; measured again whenever it has changed its size.
 *
 * @param key of the rows that there are
 */
export function useMiddles(table: RefObject<HTMLElement | null>, key: string): readonly number[] {
  const [middles, setMiddles] = useState<readonly number[]>([]);
  useLayoutEffect(() => {
    const element = table.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const { top } = element.getBoundingClientRect();
      const found = Array.from(element.querySelectorAll('[data-lane]'), (row) => {
        const box = row.getBoundingClientRect();
        return Math.round(box.top - top + Math.min(box.height / 2, FROM_TOP));
      });
      setMiddles((before) => (found.join() === before.join() ? before : found));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const row of element.querySelectorAll('[data-lane]')) observer.observe(row);
    return () => observer.disconnect();
  }, [table, key]);
  return middles;
}

/** A high row is met where its name stands, not in the middle of nowhere. */
const FROM_TOP = 28;
