/** What may be wider than the page, such as a table: it is scrolled, also by the keyboard. */
import type { ReactNode } from 'react';

/** @param label what it holds, for who listens */
export function ScrollX({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="scroll-x" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
