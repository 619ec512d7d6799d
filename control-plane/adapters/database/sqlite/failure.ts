/** SQLite's result codes, as `node:sqlite` and MikroORM (which copies them onto its own errors) report them. */
import type { FailureKind } from '../failure.ts';

/** https://www.sqlite.org/rescode.html: the lower eight bits are the primary code, the rest says more. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  5: 'busy',
  6: 'busy',
  8: 'read-only',
  10: 'input-output',
  11: 'corrupt',
  13: 'full',
  14: 'not-writable',
  26: 'not-a-database',
};
const CONSTRAINT_UNIQUE = 2067;
const CONSTRAINT_PRIMARY_KEY = 1555;

export function sqliteFailureOf(error: unknown): FailureKind {
  if (typeof error !== 'object' || error === null || !('errcode' in error) || typeof error.errcode !== 'number') {
    return 'other';
  }
  if (error.errcode === CONSTRAINT_UNIQUE || error.errcode === CONSTRAINT_PRIMARY_KEY) return 'duplicate';
  return KINDS[error.errcode & 0xff] ?? 'other';
}
