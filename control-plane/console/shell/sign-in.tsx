/** The way in: a token, or the one-time link that `cartwright open` prints. */
import { useEffect, useId, useState, type FormEvent, type ReactNode } from 'react';
import { isLocalPath } from '../../../schema/local-path.ts';
import { Foreign } from '../components/foreign.tsx';
import { RefusedNote } from '../components/notes.tsx';
import { Refused } from '../live/refused.ts';
import { signIn, type Credential, type OtherPerson } from './session.ts';

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

  const [question, setQuestion] = useState<(OtherPerson & { readonly code: string }) | null>(null);

  const enter = (credential: Credential): void => {
    setAsking(true);
    setError(null);
    setQuestion(null);
    signIn(credential)
      .then(
        (other) => {
          if (other === null) onSignedIn();
          else if ('code' in credential) setQuestion({ ...other, code: credential.code });
        },
        (refused: unknown) => setError(Refused.of(refused)),
      )
      .finally(() => setAsking(false));
  };
  useEffect(() => {
    const code = takeCode();
    if (code !== null) enter({ code });
    // Once: a code is good for one use.
  }, []);
  if (question !== null) {
    const stay = (): void => {
      // Nor does the link lead anywhere then.
      window.history.replaceState(null, '', '/');
      onSignedIn();
    };
    return <Question {...question} onYes={() => enter({ code: question.code, instead: true })} onNo={stay} />;
  }
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

/** Somebody who was sent a link must not act as another without noticing. */
function Question({
  signsIn,
  signedIn,
  onYes,
  onNo,
}: OtherPerson & { readonly onYes: () => void; readonly onNo: () => void }): ReactNode {
  return (
    <main className="sign-in">
      <title>Sign in · Cartwright</title>
      <h1>
        Sign in as <Foreign text={signsIn.name} />?
      </h1>
      <p>
        You are signed in as{' '}
        <strong>
          <Foreign text={signedIn.name} />
        </strong>{' '}
        ({placeOf(signedIn)}). The link that you followed signs in as{' '}
        <strong>
          <Foreign text={signsIn.name} />
        </strong>{' '}
        ({placeOf(signsIn)}): what you do then is done in that name. Stay where you are unless you made the link
        yourself.
      </p>
      <div className="actions">
        <button type="button" className="main" autoFocus onClick={onNo}>
          Stay <Foreign text={signedIn.name} />
        </button>
        <button type="button" onClick={onYes}>
          Sign in as <Foreign text={signsIn.name} />
        </button>
      </div>
    </main>
  );
}

function placeOf({ role, tenant }: OtherPerson['signedIn']): string {
  return `${role.toLowerCase()} ${tenant === null ? 'of the platform' : `of ${tenant}`}`;
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
