/** What a failed attempt means, from undici's error and how far the attempt had come. Pure. */
import { errors } from 'undici';
import { BodyTooLargeError, ClientGoneError } from './request-body.ts';

/** How often a request is tried again after something of it may have been sent. */
export const MOST_RESENDS = 2;

export type AttemptFailure =
  /** No connection could be made. Nothing was sent: the request is whole and may go elsewhere, whatever its method. */
  | { readonly kind: 'refused'; readonly error: Error }
  /** The connection ended before the first byte of an answer. */
  | { readonly kind: 'unanswered'; readonly error: Error; readonly sent: Sent }
  /** An answer began whose head cannot be taken: no HTTP, or too long. Another instance would answer alike. */
  | { readonly kind: 'unreadable'; readonly error: Error; readonly why: 'headers-too-long' | 'no-http' }
  /** The instance took longer than it may for the first byte of its answer. */
  | { readonly kind: 'timeout'; readonly error: Error }
  /** The answer broke off, or was no HTTP, after its head had come. */
  | { readonly kind: 'cut'; readonly error: Error }
  /** The request cannot be forwarded as it is: no instance would take it. */
  | { readonly kind: 'invalid'; readonly error: Error; readonly status: 400 | 413 }
  /** The balancer itself lacks something (files, ports): no instance's fault. */
  | { readonly kind: 'local'; readonly error: Error }
  | { readonly kind: 'client-gone'; readonly error: Error };

/** What the instance may have got of a request; `body`: a part of the client's body is used up and cannot be sent again. */
type Sent = 'nothing' | 'head' | 'body';

const LOCAL_CODES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** `body`: how much of the request's body was taken from the client, or `none` for a request without one. */
export function classify(
  error: Error,
  phase: 'connecting' | 'sent' | 'answered',
  body: 'none' | 'untouched' | 'begun',
): AttemptFailure {
  if (error instanceof ClientGoneError) return { kind: 'client-gone', error };
  if (phase === 'answered') return { kind: 'cut', error };
  if (error instanceof BodyTooLargeError) return { kind: 'invalid', error, status: 413 };
  if (isInvalid(error)) return { kind: 'invalid', error, status: 400 };
  if (LOCAL_CODES.has(codeOf(error))) return { kind: 'local', error };
  if (phase === 'connecting') return { kind: 'refused', error };
  if (error instanceof errors.HeadersTimeoutError) return { kind: 'timeout', error };
  if (error instanceof errors.HeadersOverflowError) return { kind: 'unreadable', error, why: 'headers-too-long' };
  if (error instanceof errors.HTTPParserError) return { kind: 'unreadable', error, why: 'no-http' };
  return { kind: 'unanswered', error, sent: SENT[body] };
}

/** undici writes the head of a request with a body together with the body's first part. */
const SENT = { none: 'head', untouched: 'nothing', begun: 'body' } as const;

function isInvalid(error: Error): boolean {
  return (
    error instanceof errors.InvalidArgumentError ||
    error instanceof errors.NotSupportedError ||
    error instanceof errors.RequestContentLengthMismatchError
  );
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Whether the request may be tried again (RFC 9110 §9.2.2): when nothing was sent, or when doing it twice does no harm and
 * nothing of its body is used up. A refused request is bounded by the queue's patience, not by a number of tries: each
 * refusal takes a member out for a while.
 */
export function mayRetry(failure: AttemptFailure, method: string, resends: number): boolean {
  if (failure.kind === 'refused') return true;
  if (failure.kind !== 'unanswered' || resends >= MOST_RESENDS) return false;
  return failure.sent === 'nothing' || (failure.sent === 'head' && IDEMPOTENT.has(method));
}
