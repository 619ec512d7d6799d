/** A kind of thing that `get` lists: one file a noun. */
import type { Session } from '../client/session.ts';
import type { Column, Reference } from '../output/printer.ts';
import type { Labels } from './labels.ts';

/** What of a noun is asked for. */
export interface Scope {
  /** APP or APP/ALIAS; absent: all of the tenant's. */
  readonly application: string | undefined;
  /** Entries of lists that grow: the newest so many. */
  readonly limit: number;
  /** With what is over: instances that were stopped, versions of secrets that new releases do not take. */
  readonly includeTerminated: boolean;
  /** Decisions that changed something only. */
  readonly actionsOnly: boolean;
  /** Events of these types only; empty: all. */
  readonly types: readonly string[];
}

/** Of commands that ask for one thing, or for all of them. */
export const WHOLE_SCOPE: Scope = {
  application: undefined,
  limit: 50,
  includeTerminated: false,
  actionsOnly: false,
  types: [],
};

export interface Noun<T> {
  readonly plural: string;
  readonly columns: readonly Column<T>[];
  /** `kind/name`: what `get`, `describe` and, where there is such a thing, `delete` take for one of them. */
  readonly reference: Reference<T>;
  /** What tells one from all others when they are looked at again. */
  readonly key: (item: T) => string;
  readonly list: (session: Session, scope: Scope) => Promise<readonly T[]>;
  /** The thing of that name; `undefined`: there is none. */
  readonly find: (session: Session, name: string, scope: Scope) => Promise<T | undefined>;
  /** New ones as they come after those that were found, of what is written down and stays; absent: the list is followed. */
  readonly follow?: (session: Session, scope: Scope, found: readonly T[]) => AsyncIterable<T>;
  /** The list as it is and becomes; absent, or undefined for this scope: it is asked for anew after each event. */
  readonly live?: (session: Session, scope: Scope) => AsyncIterable<readonly T[]> | undefined;
  /** An entry that is not listed any more has only grown too old for that: it is not gone. */
  readonly grows?: true;
  /** Of its manifest; absent: it has none, and cannot be selected by labels. */
  readonly labels?: (item: T) => Labels;
}

/** A noun whose type of thing does not matter to the one who uses it. */
export interface AnyNoun {
  readonly use: <R>(user: <T>(noun: Noun<T>) => R) => R;
}

type Unkeyed<T> = Omit<Noun<T>, 'key'>;

/** What has a uid is told apart by that, unless the noun says otherwise. */
export function noun<T extends { readonly uid: string }>(
  definition: Unkeyed<T> & { readonly key?: (item: T) => string },
): AnyNoun {
  return keyed<T>({ key: ({ uid }) => uid, ...definition });
}

/** A noun whose things have no uid. */
export function keyed<T>(definition: Noun<T>): AnyNoun {
  return { use: (user) => user(definition) };
}
