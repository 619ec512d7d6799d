/** The way in: a token, or the one-time link that `cartwright open` prints. */
import { useEffect, useId, useState, type FormEvent, type ReactNode } from 'react';
import { isLocalPath } from '../../../schema/local-path.ts';
import { RefusedNote } from '../components/notes.tsx';
import { Refused } from '../live/refused.ts';
import { signIn } from './session.ts';

export interface SignInProps {
  /** Why, when the session has ended by itself; empty at a first visit. */
  readonly reason: string;
  readonly onSignedIn: () => void;
}

export function SignIn({ reason, onSignedIn }: SignInProps): ReactNode {
  const [token, setToken] = useState('');
  const [error, setError] = useState<Refused | null>(null);
  const [isAsking, setAsking] = useState(false);
  const field = useId();

  const enter = (credential: Parameters<typeof signIn>[0]): void => {
    setAsking(true);
    setError(null);
    signIn(credential)
      .then(onSignedIn, (refused: unknown) => setError(Refused.of(refused)))
      .finally(() => setAsking(false));
  };
  useEffect(() => {
    const code = takeCode();
    if (code !== null) enter({ code });
    // Once: a code is good for one use.
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    enter({ token: token.trim() });
  };

  return (
    <main className="sign-in">
      <title>Sign in · Cartwright</title>
      <h1>Cartwright</h1>
      {reason === '' ? null : <p className="note warning">{reason}</p>}
      <form onSubmit={submit}>
        <div className="field">
          <label htmlFor={field}>Token</label>
          <input
            id={field}
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            value={token}
            onChange={(event) => setToken(event.target.value)}
            required
          />
          <span className="hint">
            It stays with the browser as a cookie that no page can read, for 12 hours. Without a token at hand, run{' '}
            <code>cartwright open</code> where you are signed in: it prints a link that works once.
          </span>
        </div>
        {error === null ? null : <RefusedNote error={error} />}
        <div className="actions">
          <button type="submit" className="main" disabled={isAsking || token.trim() === ''}>
            Sign in
          </button>
        </div>
      </form>
    </main>
  );
}

/** The one-time code of `/sign-in#code=…&to=/…`, taken out of the address so that it stays in no history; null: there is none. */
function takeCode(): string | null {
  const parameters = new URLSearchParams(window.location.hash.slice(1));
  const code = parameters.get('code');
  if (code === null) return null;
  // What a link says is not to be trusted.
  const to = parameters.get('to') ?? '';
  window.history.replaceState(null, '', isLocalPath(to) ? to : '/');
  return code;
}
