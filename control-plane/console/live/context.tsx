/** What every part of the page shares: the connection, and who is signed in. */
import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';
import type { Connection, ConnectionState } from './connection.ts';
import type { EventFeed } from './event-feed.ts';

export interface Signed {
  readonly connection: Connection;
  readonly events: EventFeed;
}

const SignedContext = createContext<Signed | null>(null);

export function SignedProvider({
  signed,
  children,
}: {
  readonly signed: Signed;
  readonly children: ReactNode;
}): ReactNode {
  return <SignedContext value={signed}>{children}</SignedContext>;
}

/** Throws outside of {@link SignedProvider}. */
export function useSigned(): Signed {
  const signed = useContext(SignedContext);
  if (signed === null) throw new Error('useSigned: nobody is signed in here');
  return signed;
}

/** The state of the connection, rendered again when it changes. */
export function useConnectionState(): ConnectionState {
  const { connection } = useSigned();
  return useSyncExternalStore(
    (listener) => connection.onChange(listener),
    () => connection.state,
  );
}
