/** What went wrong in a database, in the few kinds that somebody acts on. */
import { types } from 'node:util';
import { CartwrightError, RequestError, StoreUnavailable } from '../../app/errors.ts';

/** `busy` and `unreachable` may succeed when tried again; every other kind will not by itself. */
export type FailureKind =
  | 'busy'
  | 'unreachable'
  | 'slow'
  | 'refused'
  | 'full'
  | 'read-only'
  | 'not-writable'
  | 'corrupt'
  | 'not-a-database'
  | 'input-output'
  | 'duplicate'
  | 'other';

/** Says of which kind an error is; each driver has its own codes. */
export type FailureOf = (error: unknown) => FailureKind;

/**
 * The error that callers of the store see. What is not the database's (an error thrown by the work of a transaction) comes
 * back unchanged.
 */
export function translated(error: unknown, kind: FailureKind, database: string): Error {
  const options = { cause: error };
  if (error instanceof CartwrightError) return error;
  switch (kind) {
    case 'busy':
      return new StoreUnavailable(
        'DATABASE_LOCKED',
        `the database ${database} is locked by another program; nothing was written. End that program (a backup, a database shell) and try again`,
        options,
      );
    case 'unreachable':
      return new StoreUnavailable(
        'DATABASE_UNREACHABLE',
        `the server of the database ${database} is not reached: ${message(error)}; nothing was written. Start it, or look at the network`,
        options,
      );
    case 'slow':
      return new StoreUnavailable(
        'DATABASE_TIMED_OUT',
        `the server of the database ${database} ended a statement that took too long (${message(error)}); nothing was written`,
        options,
      );
    case 'refused':
      return new StoreUnavailable(
        'DATABASE_REFUSED',
        `the server of the database ${database} lets nobody in like this: ${message(error)}; mend user, password, database, rights or TLS`,
        options,
      );
    case 'full':
      return new StoreUnavailable(
        'DATABASE_FULL',
        `no room on the disk of the database ${database}; free some`,
        options,
      );
    case 'read-only':
      return new StoreUnavailable(
        'DATABASE_READ_ONLY',
        `the database ${database} cannot be written: it, its folder or its disk is read-only for this user. Deciding goes on, what is to be stored waits; mend rights or mount (see the kernel's log), and it goes on by itself`,
        options,
      );
    case 'not-writable':
      return new StoreUnavailable(
        'DATABASE_NOT_WRITABLE',
        `the database ${database} cannot be created or written: ${message(error)}; choose a folder that this user may write`,
        options,
      );
    case 'corrupt':
      return new StoreUnavailable(
        'DATABASE_CORRUPT',
        `the database ${database} is damaged; nothing more is written to it. Keep a copy of it and restore a backup`,
        options,
      );
    case 'not-a-database':
      return new StoreUnavailable(
        'DATABASE_INVALID',
        `${database} is not a SQLite database; name another file`,
        options,
      );
    case 'input-output':
      return new StoreUnavailable(
        'DATABASE_IO',
        `reading or writing the database ${database} failed: ${message(error)}`,
        options,
      );
    case 'duplicate':
      return new RequestError('CONFLICT', 'an object with the same name exists already', options);
    case 'other':
      return types.isNativeError(error) ? error : new Error(String(error));
  }
}

/** Nothing has happened, and trying again may help. */
export function isTransient(kind: FailureKind): boolean {
  return kind === 'busy' || kind === 'unreachable';
}

/** No write would be taken, whatever it is: the database's own state, or its disk's. */
export function isOfTheWhole(kind: FailureKind): boolean {
  return isDamage(kind) || ['full', 'read-only', 'not-writable', 'input-output'].includes(kind);
}

/** Nothing more may be written to such a database. */
export function isDamage(kind: FailureKind): boolean {
  return kind === 'corrupt' || kind === 'not-a-database';
}

/** The first line of an error's message. */
export function message(error: unknown): string {
  return (types.isNativeError(error) ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

/** The `code` of an error of the system (`ENOENT`). */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
