/**
 * Signatures of Standard Webhooks (https://www.standardwebhooks.com, version 1): HMAC-SHA256 over id, time and body, with a key
 * that is written as `whsec_` and base64. GitLab signs so, and so do the notices of this platform.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a message's time may be from the receiver's, in seconds, either way. */
export const TOLERANCE_SECONDS = 300;
/** Signatures in one header that are looked at; a sender gives several while it changes its key. */
const MOST_SIGNATURES = 10;

export interface SignedParts {
  readonly id: string;
  /** Seconds since the epoch, as they are written in the header. */
  readonly timestamp: string;
  readonly body: Buffer;
}

/** @param key 24 to 64 random bytes */
export function secretText(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}

/** One signature as its header holds it. @param secret of {@link secretText} */
export function signatureOf(secret: string, { id, timestamp, body }: SignedParts): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return `v1,${signature}`;
}

/** Whether one of the header's signatures is that of the secret; its time is not looked at. */
export function isSigned(secret: string, parts: SignedParts, header: string): boolean {
  const expected = Buffer.from(signatureOf(secret, parts));
  const given = header.split(' ', MOST_SIGNATURES).map((text) => Buffer.from(text));
  return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}
