/** What a client command works with. */
import type { Io } from '../io.ts';
import { say } from '../io.ts';
import type { Printer } from '../output/printer.ts';
import type { Client } from './client.ts';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import { follow } from './follow.ts';

export interface Session {
  readonly io: Io;
  readonly client: Client;
  /** The same, for what has to be said after the person interrupted the command. */
  readonly uninterrupted: Client;
  readonly printer: Printer;
  /** Tenant that the person named, or the context's; `undefined`: the token's own. */
  readonly tenant: string | undefined;
}

/** Follows a subscription over broken connections; variables are asked for anew for each connection. */
export function followSubscription<Result, Variables>(
  session: Session,
  document: TypedDocument<Result, Variables>,
  variables: (last: Result | undefined) => Variables,
  options: {
    readonly ends?: 'itself' | 'never';
    readonly signal?: AbortSignal;
    /** Where others say it already. */
    readonly isQuiet?: boolean;
  } = {},
): AsyncGenerator<Result, void, undefined> {
  const { ends = 'never', signal = session.io.interrupted, isQuiet = false } = options;
  return follow<Result>({
    open: (last) => session.client.subscribe(document, variables(last), signal),
    ends,
    signal,
    onLost: (error) => (isQuiet ? undefined : say(session.io, `${error.message}; trying again`)),
  });
}
