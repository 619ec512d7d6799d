/** From the session to the page: signed in or not, connected, and who one is. */
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import { RefusedNote, Waiting } from './components/notes.tsx';
import { WhoAmI } from './generated/operations.ts';
import { Connection } from './live/connection.ts';
import { SignedProvider, type Signed } from './live/context.tsx';
import { EventFeed } from './live/event-feed.ts';
import { Refused } from './live/refused.ts';
import { createConsoleRouter } from './router.tsx';
import { CallerProvider, type Caller } from './shell/caller.tsx';
import { sessionState, signOut } from './shell/session.ts';
import { SignIn } from './shell/sign-in.tsx';

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'unreachable'; readonly error: Refused }
  | { readonly kind: 'signed-out'; readonly reason: string }
  | { readonly kind: 'signed-in' };

export function App(): ReactNode {
  const [state, setState] = useState<State>(() =>
    // A link that signs in asks first where somebody else is signed in.
    window.location.hash.includes('code=') ? { kind: 'signed-out', reason: '' } : { kind: 'asking' },
  );
  const ask = (): void => {
    setState({ kind: 'asking' });
    sessionState().then(
      (kind) => setState(kind === 'signed-in' ? { kind } : { kind, reason: '' }),
      (error: unknown) => setState({ kind: 'unreachable', error: Refused.of(error) }),
    );
  };
  useEffect(() => {
    if (state.kind === 'asking') ask();
  }, []);

  switch (state.kind) {
    case 'asking':
      return <Waiting what="the control plane" />;
    case 'unreachable':
      return (
        <main className="page">
          <RefusedNote error={state.error} again={ask} />
        </main>
      );
    case 'signed-out':
      return <SignIn reason={state.reason} onSignedIn={() => setState({ kind: 'signed-in' })} />;
    case 'signed-in':
      return <SignedIn onSignedOut={(reason) => setState({ kind: 'signed-out', reason })} />;
  }
}

/** Owns the connection: it is there as long as somebody is signed in. */
function SignedIn({ onSignedOut }: { readonly onSignedOut: (reason: string) => void }): ReactNode {
  const [signed, setSigned] = useState<Signed | null>(null);
  const [caller, setCaller] = useState<Caller | null>(null);
  const [error, setError] = useState<Refused | null>(null);

  useEffect(() => {
    const { protocol, host } = window.location;
    const connection = new Connection(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/graphql`);
    const events = new EventFeed(connection);
    setSigned({ connection, events });
    const unlisten = connection.onChange(() => {
      const { state } = connection;
      if (state.kind !== 'signed-out') return;
      onSignedOut(
        `You are signed out: ${state.reason === '' ? 'the session has ended' : state.reason}. Sign in again to go on where you are.`,
      );
    });
    connection.ask(WhoAmI, {}).then(
      ({ caller: found }) => setCaller(found),
      (refused: unknown) => setError(Refused.of(refused)),
    );
    return () => {
      unlisten();
      events.close();
      connection.close();
    };
  }, []);

  if (error !== null) {
    return (
      <main className="page">
        <RefusedNote error={error} again={() => window.location.reload()} />
      </main>
    );
  }
  if (signed === null || caller === null) return <Waiting what="the control plane" />;
  const leave = (): void => {
    signOut().then(
      () => onSignedOut(''),
      (refused: unknown) => setError(Refused.of(refused)),
    );
  };
  return (
    <SignedProvider signed={signed}>
      <CallerProvider caller={caller}>
        <Pages onSignOut={leave} />
      </CallerProvider>
    </SignedProvider>
  );
}

function Pages({ onSignOut }: { readonly onSignOut: () => void }): ReactNode {
  const [router] = useState(() => createConsoleRouter(onSignOut));
  return <RouterProvider router={router} />;
}
