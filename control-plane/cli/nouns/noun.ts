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

export interface Noun<T> {
  readonly plural: string;
  readonly columns: readonly Column<T>[];
  readonly list: (session: Session, scope: Scope) => Promise<readonly T[]>;
  /** The thing of that name; `undefined`: there is none. */
  readonly find: (session: Session, name: string, scope: Scope) => Promise<T | undefined>;
  /** New ones as they come; absent: the list is asked for again and again. */
  readonly follow?: (session: Session, scope: Scope, after: T | undefined) => AsyncIterable<T>;
}

/** A noun whose type of thing does not matter to the one who uses it. */
export interface AnyNoun {
  readonly use: <R>(user: <T>(noun: Noun<T>) => R) => R;
}

export function noun<T>(definition: Noun<T>): AnyNoun {
  return { use: (user) => user(definition) };
}
