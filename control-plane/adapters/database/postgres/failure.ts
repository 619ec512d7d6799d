/** PostgreSQL's SQLSTATE codes, the system's codes for connections, and what pg says without a code. */
import { types } from 'node:util';
import type { FailureKind } from '../failure.ts';
import { codeOf, message } from '../failure.ts';
import { isUnanswered } from './connection.ts';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html; five characters are a code, two a class. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  '40001': 'busy', // serialization_failure
  '40P01': 'busy', // deadlock_detected
  '55P03': 'busy', // lock_not_available: lock_timeout
  '57014': 'slow', // query_canceled: statement_timeout
  '08': 'unreachable',
  '25P03': 'unreachable', // idle_in_transaction_session_timeout: the session is gone
  '57P01': 'unreachable', // admin_shutdown
  '57P02': 'unreachable', // crash_shutdown
  '57P03': 'unreachable', // cannot_connect_now: starting up, recovering
  '53300': 'unreachable', // too_many_connections
  '53100': 'full',
  '25006': 'read-only',
  '58': 'input-output',
  XX001: 'corrupt',
  XX002: 'corrupt',
  '23505': 'duplicate',
  '28': 'refused', // invalid_authorization_specification
  '3D000': 'refused', // no such database
  '42501': 'refused', // insufficient_privilege
};

const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  // A socket of a server that is not started.
  'ENOENT',
]);
/** pg's own errors have a text and no code. */
const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed)/i;
const NO_TLS = /does not support SSL|SSL negotiation|no password was provided|SASL/i;

export function postgresFailureOf(error: unknown): FailureKind {
  for (let cause = error; types.isNativeError(cause); cause = cause.cause) {
    const kind = kindOf(cause);
    if (kind !== 'other') return kind;
  }
  return 'other';
}

function kindOf(error: Error): FailureKind {
  const code = codeOf(error);
  if (typeof code === 'string') {
    const kind = KINDS[code] ?? KINDS[code.slice(0, 2)];
    if (kind !== undefined) return kind;
    if (NO_CONNECTION.has(code)) return 'unreachable';
    if (code.startsWith('ERR_TLS') || code.includes('CERT')) return 'refused';
  }
  // Node's, when no address of a name answers.
  if ('errors' in error && Array.isArray(error.errors)) return postgresFailureOf(error.errors[0]);
  if (isUnanswered(error)) return 'unreachable';
  const text = message(error);
  if (LOST.test(text)) return 'unreachable';
  return NO_TLS.test(text) ? 'refused' : 'other';
}
