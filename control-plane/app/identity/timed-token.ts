/**
 * Tokens of instances that are pods: good for a time, and stored nowhere. Each says whose it is and until when, and proves both with an HMAC-SHA-256
 * (RFC 2104) by a secret of that instance. Time is cut into periods of one length, and the token of a period ends with it. Each instance's periods
 * begin at a moment of its own, so that not all are renewed at once. Times are milliseconds since the epoch.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How long tokens of instances count. */
export interface TokenTimes {
  /** From one token of an instance to its next; null: they count as long as their instance lives. */
  readonly lifetimeMilliseconds: number | null;
  /** How long one that was followed by another is accepted beside it. */
  readonly graceMilliseconds: number;
}

/** The times of tokens that end by themselves: the grace is no longer than the lifetime, so that at most one that has ended is accepted. */
export interface Periods {
  readonly lifetimeMilliseconds: number;
  readonly graceMilliseconds: number;
}

const TOKEN = /^([a-z0-9-]{1,40})\.([1-9]\d{0,15})\.[\w-]{43}$/;
/** Of a hash: more than any lifetime has milliseconds, and exact as a number. */
const OFFSET_BYTES = 6;

export function periodsOf({ lifetimeMilliseconds, graceMilliseconds }: TokenTimes): Periods | null {
  if (lifetimeMilliseconds === null) return null;
  return { lifetimeMilliseconds, graceMilliseconds: Math.min(graceMilliseconds, lifetimeMilliseconds) };
}

/** When the period of an instance ends that is now: later than now, and no more than a lifetime. */
export function endOfPeriod(instance: string, { lifetimeMilliseconds }: Periods, now: number): number {
  const hash = createHash('sha256').update(`periods of ${instance}`).digest();
  const offset = hash.readUIntBE(0, OFFSET_BYTES) % lifetimeMilliseconds;
  return (Math.floor((now + offset) / lifetimeMilliseconds) + 1) * lifetimeMilliseconds - offset;
}

/**
 * Whether a token that ends then counts now: until the grace after its end. One of the next period counts, too, since another control plane's clock may
 * be ahead, or this one's have been set back; one that ends later was made by a clock that was wrong.
 */
export function isInTime(end: number, { lifetimeMilliseconds, graceMilliseconds }: Periods, now: number): boolean {
  return now < end + graceMilliseconds && end <= now + 2 * lifetimeMilliseconds;
}

/** The ends of all tokens that count now and that this clock gives: that of the present period first, then the next, then the one before. */
export function endsInTime(instance: string, periods: Periods, now: number): number[] {
  const end = endOfPeriod(instance, periods, now);
  const { lifetimeMilliseconds } = periods;
  return [end, end + lifetimeMilliseconds, end - lifetimeMilliseconds].filter((one) => isInTime(one, periods, now));
}

/** @param secret of 256 bits, of this instance alone */
export function timedToken(secret: string, instance: string, end: number): string {
  const said = `${instance}.${end}`;
  return `${said}.${createHmac('sha256', secret).update(said).digest('base64url')}`;
}

/** What a token says of itself, which nothing has proved yet; `undefined` where it is none of these. */
export function readTimedToken(token: string): { readonly instance: string; readonly end: number } | undefined {
  const [, instance, end] = TOKEN.exec(token) ?? [];
  return instance === undefined ? undefined : { instance, end: Number(end) };
}

/** Whether it is what it says, by one of these secrets of the instance. */
export function isProved(token: string, secrets: readonly string[]): boolean {
  const said = readTimedToken(token);
  if (said === undefined) return false;
  const given = Buffer.from(token);
  return secrets.some((secret) => {
    const right = Buffer.from(timedToken(secret, said.instance, said.end));
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
