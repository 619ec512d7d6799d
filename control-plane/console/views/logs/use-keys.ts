/** Keys that act wherever on the page one is, but not while something is typed. */
import { useEffect, useRef } from 'react';

/** @param keys what each key does, by its name */
export function useKeys(keys: Readonly<Record<string, () => unknown>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey, altKey, target, defaultPrevented } = event;
      if (ctrlKey || metaKey || altKey || defaultPrevented || !Object.hasOwn(latest.current, key)) return;
      if (target instanceof Element && target.closest('input, textarea, select, dialog, [contenteditable]') !== null)
        return;
      event.preventDefault();
      latest.current[key]!();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
