/** A kind of thing that `get` lists: one file a noun. */
import type { Session } from '../client/session.ts';
import type { Column } from '../output/printer.ts';

/** What of a noun is asked for. */
export interface Scope {
  /** APP or APP/ALIAS; absent: all of the tenant's. */
  readonly application: string | undefined;
  /** Entries of lists that grow: the newest so many. */
  readonly limit: number;
  /** With instances that were stopped. */
  readonly includeTerminated: boolean;
  /** Decisions that changed something only. */
  readonly actionsOnly: boolean;
  /** Events of these types only; empty: all. */
  readonly types: readonly string[];
}

export interface Noun<T extends { readonly uid: string }> {
  readonly plural: string;
  readonly columns: readonly Column<T>[];
  readonly list: (session: Session, scope: Scope) => Promise<readonly T[]>;
  /** The thing of that name; `undefined`: there is none. */
  readonly find: (session: Session, name: string, scope: Scope) => Promise<T | undefined>;
  /** New ones as they come after those that were found, of what is written down and stays; absent: the list is followed. */
  readonly follow?: (session: Session, scope: Scope, found: readonly T[]) => AsyncIterable<T>;
  /** The list as it is and becomes; absent, or undefined for this scope: it is asked for anew after each event. */
  readonly live?: (session: Session, scope: Scope) => AsyncIterable<readonly T[]> | undefined;
  /** An entry that is not listed any more has only grown too old for that: it is not gone. */
  readonly grows?: true;
}

/** A noun whose type of thing does not matter to the one who uses it. */
export interface AnyNoun {
  readonly use: <R>(user: <T extends { readonly uid: string }>(noun: Noun<T>) => R) => R;
}

export function noun<T extends { readonly uid: string }>(definition: Noun<T>): AnyNoun {
  return { use: (user) => user(definition) };
}
