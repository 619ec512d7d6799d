/** An input whose value counts when it is left, with Enter, and, where it says so, a moment after the last key. */
import { useEffect, useRef, useState, type InputHTMLAttributes, type ReactNode } from 'react';

export interface CommitInputProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'ref'> {
  readonly value: string;
  readonly onCommit: (value: string) => void;
  /** Milliseconds; absent: not by itself. */
  readonly after?: number;
}

export function CommitInput({ value, onCommit, after, ...rest }: CommitInputProps): ReactNode {
  const [draft, setDraft] = useState(value);
  const committed = useRef(value);
  const latest = useRef(onCommit);
  latest.current = onCommit;
  // The address has changed by other hands.
  useEffect(() => {
    if (value !== committed.current) setDraft(value);
    committed.current = value;
  }, [value]);
  const commit = (next: string): void => {
    if (next === committed.current) return;
    committed.current = next;
    latest.current(next);
  };
  useEffect(() => {
    if (after === undefined || draft === committed.current) return undefined;
    const timer = setTimeout(() => commit(draft), after);
    return () => clearTimeout(timer);
  }, [draft, after]);
  return (
    <input
      {...rest}
      value={draft}
      onChange={({ target }) => setDraft(target.value)}
      onBlur={() => commit(draft)}
      onKeyDown={({ key }) => {
        if (key === 'Enter') commit(draft);
      }}
    />
  );
}
