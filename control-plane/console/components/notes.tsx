/** What is said in the place of something: that it is on its way, that there is none, that it was refused. */
import type { ReactNode } from 'react';
import type { Refused } from '../live/refused.ts';

/** An error says what happened and what to do; `again` offers to try it again. */
export function RefusedNote({ error, again }: { readonly error: Refused; readonly again?: () => void }): ReactNode {
  return (
    <div className="note bad" role="alert">
      <strong>{TITLES[error.code] ?? 'That did not work'}</strong> <span>{error.message}</span>{' '}
      {again === undefined ? null : (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
      {error.code === 'OTHER_VERSION' ? (
        <button type="button" onClick={() => window.location.reload()}>
          Reload
        </button>
      ) : null}
    </div>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  FORBIDDEN: 'You may not do that.',
  NOT_FOUND: 'There is no such thing.',
  RATE_LIMITED: 'Too much at once.',
  OTHER_VERSION: 'Another version.',
  UNREACHABLE: 'Not reached.',
};

/** Says that there is nothing yet, and the next step. */
export function EmptyNote({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="note">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

export function Waiting({ what }: { readonly what: string }): ReactNode {
  return (
    <p className="quiet" role="status">
      Waiting for {what} …
    </p>
  );
}
