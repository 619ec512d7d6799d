import { useEffect, useRef, type FocusEvent } from 'react';

/** A pointer that lies still for so long points at nothing any more: screens on walls have one somewhere. */
const STILL_MILLISECONDS = 5_000;

interface Among {
  readonly onPointerMove: () => void;
  readonly onPointerLeave: () => void;
  readonly onFocus: (event: FocusEvent<HTMLElement>) => void;
  readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
}

/**
 * Whether somebody is among the rows, by pointer or by focus.
 *
 * @param onFocused the uid of the row that has the focus; null: none has
 */
export function useAmong(onHeld: (isHeld: boolean) => void, onFocused: (uid: string | null) => void): Among {
  const at = useRef({ isPointing: false, hasFocus: false });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const tell = (): void => onHeld(at.current.isPointing || at.current.hasFocus);
  const point = (isPointing: boolean): void => {
    clearTimeout(timer.current);
    if (isPointing) timer.current = setTimeout(() => point(false), STILL_MILLISECONDS);
    at.current.isPointing = isPointing;
    tell();
  };
  return {
    onPointerMove: () => point(true),
    onPointerLeave: () => point(false),
    onFocus: ({ target }) => {
      at.current.hasFocus = true;
      onFocused(target.closest<HTMLElement>('[data-uid]')?.dataset.uid ?? null);
      tell();
    },
    onBlur: ({ currentTarget, relatedTarget }) => {
      if (currentTarget.contains(relatedTarget)) return;
      at.current.hasFocus = false;
      onFocused(null);
      tell();
    },
  };
}
